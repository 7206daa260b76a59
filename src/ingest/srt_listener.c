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
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "ingest/srt_handshake.h"
#include "ingest/srt_host.h"
#include "ingest/srt_stream_id.h"

#define TAG            "srt"
#define BEAT_MS        20
#define IDLE_MS        200 /* between looks at what else is to be done, while nobody is connected */
#define STATS_MS       1000
#define BACKLOG        128
#define CONNECTION_MAX 1000
#define ASKING_MS      10000     /* for live/ to say whether it may publish */
#define MESSAGE_MAX    1456      /* bytes in one UDP packet of SRT */
#define READS_MAX      512       /* of one connection in a beat: 240 Mb/s */
#define RECEIVE_BYTES  (8 << 20) /* held for one connection: 8 s at the highest rate allowed */
#define VERSION_MIN    0x010300  /* handshake 5, which has the stream id and the key in it */

METRIC(connections, METRIC_GAUGE, "weir_srt_connections", "SRT connections.");
METRIC(handshakes, METRIC_COUNTER, "weir_srt_handshakes_total", "SRT handshakes let through.");
METRIC(refusals, METRIC_COUNTER, "weir_srt_refusals_total",
       "SRT handshakes refused for what they asked; wrong passphrases are not among them.");
METRIC(received, METRIC_COUNTER, "weir_srt_packets_total", "SRT packets received.");
METRIC(lost, METRIC_COUNTER, "weir_srt_packets_lost_total", "SRT packets missing at first.");
METRIC(dropped, METRIC_COUNTER, "weir_srt_packets_dropped_total",
       "SRT packets that did not come in time.");

struct srt_listener {
    struct srt_handshakes *handshakes;
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
    int64_t stats_ms;
    struct buf read;
    pthread_mutex_t lock; /* lock guards: wishes */
    struct list wishes;
};

struct peer {
    struct list node;
    uint64_t number;
    SRTSOCKET socket;
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

static int reject(SRTSOCKET socket, int reason, const struct sockaddr *address, const char *why)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof(text));
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof(text));
    log_warn(TAG, "handshake refused: peer=%s code=%d reason=%s", text, reason, why);
    metric_add(&refusals, 1);
    srt_setrejectreason(socket, reason);
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
    struct srt_answer answer;
    int err = 0;

    if (atomic_load(&l->is_stopping))
        return reject(socket, SRT_REJX_DOWN, address, "shutting down");
    if (atomic_load(&l->count) >= CONNECTION_MAX)
        return reject(socket, SRT_REJX_OVERLOAD, address, "too many connections");
    srt_handshakes_answer(l->handshakes, &answer, stream_id ? stream_id : "");
    if (answer.reject_code)
        return reject(socket, answer.reject_code, address, answer.why);
    if (*answer.passphrase) /* libsrt refuses a wrong one by itself, and none */
        err = srt_setsockflag(socket, SRTO_PASSPHRASE, answer.passphrase,
                              (int)strlen(answer.passphrase));
    explicit_bzero(&answer, sizeof(answer));
    if (err)
        return reject(socket, SRT_REJX_ISE, address, "the passphrase cannot be used");
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
    srt_close(peer->socket);
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

static bool is_encrypted(SRTSOCKET socket)
{
    int state = SRT_KM_S_UNSECURED, len = sizeof(state);

    return srt_getsockflag(socket, SRTO_RCVKMSTATE, &state, &len) == 0 && state == SRT_KM_S_SECURED;
}

static int read_name(SRTSOCKET socket, struct stream_name *name)
{
    char text[SRT_STREAM_ID_MAX + 1] = "";
    int len = SRT_STREAM_ID_MAX, err;

    if (srt_getsockflag(socket, SRTO_STREAMID, text, &len))
        return -EIO;
    text[SRT_STREAM_ID_MAX] = '\0';
    err = srt_stream_id_parse(name, text);
    explicit_bzero(text, sizeof(text));
    return err;
}

static void write_address(char *out, size_t size, const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

    if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, (socklen_t)size);
    else if (address->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, out, (socklen_t)size);
    else
        inet_ntop(AF_INET, &v4->sin_addr, out, (socklen_t)size);
}

static void welcome(struct srt_listener *l, SRTSOCKET socket, const char *address)
{
    struct srt_arrival arrival = {
        .listener = l,
        .peer = address,
        .is_encrypted = is_encrypted(socket),
    };
    struct stream_name name = { .key = "" };
    struct peer *peer;

    if (read_name(socket, &name)) { /* it was read once before, in the handshake */
        srt_close(socket);
        return;
    }
    srt_handshakes_note(l->handshakes, name.key, arrival.is_encrypted);
    peer = mem_zalloc(sizeof(*peer));
    peer->number = arrival.number = ++l->last_number;
    peer->socket = socket;
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
    write_address(text, sizeof(text), &address);
    welcome(l, socket, text);
}

/* ---- media ---- */

/* -ENOTCONN: the connection has ended. */
static int read_messages(struct srt_listener *l, struct peer *peer)
{
    for (int i = 0; i < READS_MAX; i++) {
        uint8_t *to = buf_reserve(&l->read, MESSAGE_MAX);
        int len = to ? srt_recvmsg(peer->socket, (char *)to, MESSAGE_MAX) : 0;

        if (len > 0)
            buf_commit(&l->read, (size_t)len);
        else if (len < 0 && srt_getlasterror(NULL) != SRT_EASYNCRCV)
            return -ENOTCONN;
        else
            break;
    }
    return 0;
}

static void read_peer(struct srt_listener *l, struct peer *peer)
{
    int err;

    buf_reset(&l->read);
    err = read_messages(l, peer);
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
    if (srt_getsockstate(peer->socket) != SRTS_CONNECTED || now_ms - peer->accepted_ms > ASKING_MS)
        lose_peer(l, peer);
}

static void read_all(struct srt_listener *l)
{
    int64_t now_ms = clock_mono_ms();

    LIST_EACH (node, &l->peers) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        if (peer->is_reading)
            read_peer(l, peer);
        else
            watch_asking(l, peer, now_ms);
    }
}

static void count_packets(struct srt_listener *l)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - l->stats_ms < STATS_MS)
        return;
    l->stats_ms = now_ms;
    LIST_EACH (node, &l->peers) {
        SRT_TRACEBSTATS stats;

        if (srt_bstats(LIST_ITEM(node, struct peer, node)->socket, &stats, 1))
            continue;
        metric_add(&received, stats.pktRecv);
        metric_add(&lost, stats.pktRcvLoss);
        metric_add(&dropped, stats.pktRcvDrop);
    }
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
        count_packets(l);
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
    buf_init(&l->read, (size_t)READS_MAX * MESSAGE_MAX);
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
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}
