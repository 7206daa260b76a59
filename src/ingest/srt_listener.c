/* SPDX-License-Identifier: Apache-2.0 */
/*     UDP --> libsrt --on_handshake: key -> passphrase--> srt_handshake --> srt_gate
 *                `--accepted, received--> weir-srt --messages--> srt_host (per loop)
 *                                             ^----wishes-------'
 *
 * weir-srt reads from all connections every BEAT_MS: libsrt has put packets in order and holds them
 * for the latency of the connection, so that to be woken for each would gain nothing. Handshakes
 * are answered on libsrt's receiving thread (see srt_gate.c). */
#include "ingest/srt_listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <srt/access_control.h>
#include <srt/srt.h>
#undef LOG_DEBUG /* from syslog.h, which libsrt includes */
#undef LOG_INFO

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/metric.h"
#include "ingest/srt_handshake.h"
#include "ingest/srt_host.h"
#include "ingest/srt_line.h"
#include "ingest/srt_refusals.h"
#include "ingest/stream_name.h"

#define BEAT_MS        40
#define IDLE_MS        200 /* between looks at what else is to be done, while nobody is connected */
#define LOOK_MS        1000 /* between looks at what is not media */
#define BACKLOG        128
#define CONNECTION_MAX 1000
#define ASKING_MS      10000     /* for live/ to say whether it may publish */
#define RECEIVE_BYTES  (8 << 20) /* held for one connection: 8 s at the highest rate allowed */
#define VERSION_MIN    0x010300  /* handshake 5, which has the stream id and the key in it */

METRIC(connections, METRIC_GAUGE, "weir_srt_connections", "SRT connections.");
METRIC(handshakes, METRIC_COUNTER, "weir_srt_handshakes_total", "SRT handshakes let through.");

struct srt_listener {
    struct srt_handshakes *handshakes;
    struct srt_refusals *refusals;
    struct srt_host *const *hosts;
    int host_count, next_host;
    SRTSOCKET socket;
    int port;
    int epoll; /* of the listening socket alone */
    pthread_t thread;
    bool is_started, is_ended;
    atomic_bool is_stopping, is_ending;
    atomic_int count;  /* of peers, for the handshakes */
    struct list peers; /* weir-srt's, as the rest */
    uint64_t last_number;
    int64_t looked_ms;
    struct buf read;
    pthread_mutex_t lock; /* lock guards: wishes */
    struct list wishes;
};

struct peer {
    struct list node;
    uint64_t number;
    struct srt_line line;
    struct srt_host *host;
    bool is_reading;
    int64_t accepted_ms;
};

/* What a host wants of a connection. */
struct wish {
    struct list node;
    uint64_t number;
    bool is_close;
};

/* ---- handshakes, on libsrt's thread ---- */

static void write_address(char *out, size_t size, const struct sockaddr *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

    if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, (socklen_t)size);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)size);
    else
        inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)size);
}

static int reject(struct srt_listener *l, SRTSOCKET socket, int code, const char *peer,
                  const char *why)
{
    srt_refusals_add(l->refusals, peer, code, why, clock_mono_ms());
    srt_setrejectreason(socket, code);
    return -1;
}

static int set_int(SRTSOCKET socket, SRT_SOCKOPT option, int value)
{
    return srt_setsockflag(socket, option, &value, sizeof(value)) ? -EIO : 0;
}

static int set_bool(SRTSOCKET socket, SRT_SOCKOPT option, bool value)
{
    return srt_setsockflag(socket, option, &value, sizeof(value)) ? -EIO : 0;
}

static int on_handshake(void *ctx, SRTSOCKET socket, int version, const struct sockaddr *address,
                        const char *stream_id)
{
    struct srt_listener *l = ctx;
    char peer[INET6_ADDRSTRLEN] = "?";
    struct srt_answer answer;
    int err = 0;

    write_address(peer, sizeof(peer), address);
    if (atomic_load(&l->is_stopping))
        return reject(l, socket, SRT_REJX_DOWN, peer, "shutting down");
    if (atomic_load(&l->count) >= CONNECTION_MAX)
        return reject(l, socket, SRT_REJX_OVERLOAD, peer, "too many connections");
    srt_handshakes_answer(l->handshakes, &answer, stream_id ? stream_id : "");
    if (answer.reject_code)
        return reject(l, socket, answer.reject_code, peer, answer.why);
    /* What follows is libsrt's to decide: whether the passphrase is right. */
    srt_refusals_expect(l->refusals, socket, peer, *answer.passphrase, clock_mono_ms());
    if (*answer.passphrase)
        err = srt_setsockflag(socket, SRTO_PASSPHRASE, answer.passphrase,
                              (int)strlen(answer.passphrase));
    explicit_bzero(&answer, sizeof(answer));
    if (err) {
        srt_refusals_met(l->refusals, socket);
        return reject(l, socket, SRT_REJX_ISE, peer, "the passphrase cannot be used");
    }
    metric_add(&handshakes, 1);
    return 0;
}

/* ---- peers ---- */

static struct peer *find_peer(struct srt_listener *l, uint64_t number)
{
    LIST_EACH (node, &l->peers) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);
        if (peer->number == number)
            return peer;
    }
    return NULL;
}

static void close_peer(struct srt_listener *l, struct peer *peer)
{
    srt_line_clear(&peer->line);
    list_remove(&peer->node);
    mem_free(peer);
    atomic_fetch_sub(&l->count, 1);
    metric_add(&connections, -1);
}

static void lose_peer(struct srt_listener *l, struct peer *peer)
{
    srt_host_post_lost(peer->host, peer->number);
    close_peer(l, peer);
}

/* ---- new connections ---- */

static void welcome(struct srt_listener *l, SRTSOCKET socket, const char *address)
{
    struct peer *peer = mem_zalloc(sizeof(*peer));
    struct srt_arrival arrival = { .listener = l, .tag = peer->line.tag, .peer = address };
    struct stream_name name = { .key = "" };

    srt_refusals_met(l->refusals, socket);
    srt_line_init(&peer->line, socket);
    if (srt_line_name(&peer->line, &name)) { /* it was read once before, in the handshake */
        srt_line_clear(&peer->line);
        mem_free(peer);
        return;
    }
    arrival.is_encrypted = srt_line_is_encrypted(&peer->line);
    srt_handshakes_note(l->handshakes, name.key, arrival.is_encrypted);
    peer->number = arrival.number = ++l->last_number;
    peer->host = l->hosts[l->next_host++ % l->host_count];
    peer->accepted_ms = clock_mono_ms();
    list_append(&l->peers, &peer->node);
    atomic_fetch_add(&l->count, 1);
    metric_add(&connections, 1);
    arrival.name = &name;
    srt_host_post_opened(peer->host, &arrival);
    explicit_bzero(&name, sizeof(name));
}

static void accept_one(struct srt_listener *l)
{
    struct sockaddr_storage address = { 0 };
    char text[INET6_ADDRSTRLEN] = "?";
    int len = sizeof(address);
    SRTSOCKET socket = srt_accept(l->socket, (struct sockaddr *)&address, &len);

    if (socket == SRT_INVALID_SOCK)
        return;
    write_address(text, sizeof(text), (struct sockaddr *)&address);
    welcome(l, socket, text);
}

/* ---- media ---- */

static void read_peer(struct srt_listener *l, struct peer *peer, int64_t now_ms)
{
    int err;

    buf_reset(&l->read);
    err = srt_line_read(&peer->line, &l->read, now_ms);
    if (l->read.len) {
        struct bytes *ts = bytes_copy(l->read.data, l->read.len);

        srt_host_post_data(peer->host, peer->number, ts, clock_wall_us());
        bytes_unref(ts);
    }
    if (err)
        lose_peer(l, peer);
}

static void watch_asking(struct srt_listener *l, struct peer *peer, int64_t now_ms)
{
    if (!srt_line_is_up(&peer->line) || now_ms - peer->accepted_ms > ASKING_MS)
        lose_peer(l, peer);
}

static void read_all(struct srt_listener *l)
{
    int64_t now_ms = clock_mono_ms();

    LIST_EACH (node, &l->peers) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        if (peer->is_reading)
            read_peer(l, peer, now_ms);
        else
            watch_asking(l, peer, now_ms);
    }
}

static void look_around(struct srt_listener *l)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - l->looked_ms < LOOK_MS)
        return;
    l->looked_ms = now_ms;
    srt_refusals_sweep(l->refusals, now_ms);
    LIST_EACH (node, &l->peers)
        srt_line_count(&LIST_ITEM(node, struct peer, node)->line, now_ms);
}

/* ---- what hosts want ---- */

static void add_wish(struct srt_listener *l, uint64_t number, bool is_close)
{
    struct wish *wish = mem_zalloc(sizeof(*wish));

    wish->number = number;
    wish->is_close = is_close;
    pthread_mutex_lock(&l->lock);
    list_append(&l->wishes, &wish->node);
    pthread_mutex_unlock(&l->lock);
}

void srt_listener_read(struct srt_listener *l, uint64_t number)
{
    add_wish(l, number, false);
}

void srt_listener_close(struct srt_listener *l, uint64_t number)
{
    add_wish(l, number, true);
}

static void fulfil(struct srt_listener *l, const struct wish *wish)
{
    struct peer *peer = find_peer(l, wish->number);

    if (!peer)
        return;
    peer->is_reading = true;
    if (wish->is_close)
        close_peer(l, peer);
}

static void fulfil_wishes(struct srt_listener *l)
{
    struct list batch, *node;

    pthread_mutex_lock(&l->lock);
    list_move(&batch, &l->wishes);
    pthread_mutex_unlock(&l->lock);
    while ((node = list_pop(&batch))) {
        struct wish *wish = LIST_ITEM(node, struct wish, node);

        fulfil(l, wish);
        mem_free(wish);
    }
}

/* ---- the thread ---- */

static void wait_a_beat(struct srt_listener *l)
{
    int64_t timeout_ms = list_is_empty(&l->peers) ? IDLE_MS : BEAT_MS;
    SRT_EPOLL_EVENT event;

    if (srt_epoll_uwait(l->epoll, &event, 1, timeout_ms) > 0)
        accept_one(l);
}

static void *serve(void *arg)
{
    struct srt_listener *l = arg;

    while (!atomic_load(&l->is_ending)) {
        wait_a_beat(l);
        fulfil_wishes(l);
        read_all(l);
        look_around(l);
    }
    LIST_EACH (node, &l->peers)
        close_peer(l, LIST_ITEM(node, struct peer, node));
    return NULL;
}

/* ---- the port ---- */

static int set_options(struct srt_listener *l, const struct srt_listener_config *config, bool is_v6)
{
    int err = set_bool(l->socket, SRTO_REUSEADDR, false); /* UDP would share the port */

    if (!err && is_v6)
        err = set_int(l->socket, SRTO_IPV6ONLY, 0);
    if (!err)
        err = set_int(l->socket, SRTO_RCVLATENCY, config->latency_ms);
    if (!err)
        err = set_int(l->socket, SRTO_RCVBUF, RECEIVE_BYTES);
    if (!err)
        err = set_int(l->socket, SRTO_MINVERSION, VERSION_MIN);
    if (!err)
        err = set_bool(l->socket, SRTO_RCVSYN, false);
    return err;
}

static int parse_address(struct sockaddr_storage *out, socklen_t *len, const char *host, int port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    *out = (struct sockaddr_storage){ 0 };
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *len = sizeof(*v4);
        return 0;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
        return -EINVAL;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    *len = sizeof(*v6);
    return 0;
}

static int bind_port(struct srt_listener *l, const struct srt_listener_config *config)
{
    struct sockaddr_storage address;
    socklen_t len;
    int err = parse_address(&address, &len, config->host, config->port), name_len;

    if (err)
        return err;
    err = set_options(l, config, address.ss_family == AF_INET6);
    if (err)
        return err;
    if (srt_bind(l->socket, (struct sockaddr *)&address, (int)len))
        return -EADDRINUSE;
    name_len = sizeof(address);
    if (srt_getsockname(l->socket, (struct sockaddr *)&address, &name_len))
        return -EIO;
    l->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                  : ((struct sockaddr_in *)&address)->sin_port);
    return 0;
}

/* libsrt would print on standard error, also what peers sent. */
static void drop_log(void *opaque, int level, const char *file, int line, const char *area,
                     const char *message)
{
}

int srt_listener_create(struct srt_listener **out, const struct srt_listener_config *config)
{
    struct srt_listener *l = mem_zalloc(sizeof(*l));
    int err;

    srt_startup();
    srt_setloghandler(NULL, drop_log);
    list_init(&l->peers);
    list_init(&l->wishes);
    pthread_mutex_init(&l->lock, NULL);
    buf_init(&l->read, SRT_LINE_READ_MAX);
    l->refusals = srt_refusals_create();
    l->epoll = srt_epoll_create();
    l->socket = srt_create_socket();
    err = l->socket == SRT_INVALID_SOCK ? -EMFILE : bind_port(l, config);
    if (err) {
        srt_listener_destroy(l);
        return err;
    }
    *out = l;
    return 0;
}

int srt_listener_port(const struct srt_listener *l)
{
    return l->port;
}

int srt_listener_start(struct srt_listener *l, struct srt_gate *gate, struct srt_host *const *hosts,
                       int count)
{
    int events = SRT_EPOLL_IN, err;

    l->handshakes = srt_handshakes_create(gate);
    l->hosts = hosts;
    l->host_count = count;
    if (srt_listen_callback(l->socket, on_handshake, l) || srt_listen(l->socket, BACKLOG) ||
        srt_epoll_add_usock(l->epoll, l->socket, &events))
        return -EIO;
    err = pthread_create(&l->thread, NULL, serve, l);
    if (err)
        return -err;
    l->is_started = true;
    pthread_setname_np(l->thread, "weir-srt");
    return 0;
}

void srt_listener_stop(struct srt_listener *l)
{
    atomic_store(&l->is_stopping, true);
}

void srt_listener_end(struct srt_listener *l)
{
    if (l->is_ended)
        return;
    l->is_ended = true;
    atomic_store(&l->is_stopping, true);
    atomic_store(&l->is_ending, true);
    if (l->is_started)
        pthread_join(l->thread, NULL);
    srt_epoll_release(l->epoll);
    srt_close(l->socket);
    srt_cleanup();
}

void srt_listener_destroy(struct srt_listener *l)
{
    struct list *node;

    if (!l)
        return;
    srt_listener_end(l);
    while ((node = list_pop(&l->wishes)))
        mem_free(LIST_ITEM(node, struct wish, node));
    buf_clear(&l->read);
    srt_handshakes_destroy(l->handshakes);
    srt_refusals_destroy(l->refusals);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}
