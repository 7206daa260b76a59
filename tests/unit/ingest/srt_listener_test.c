/* SPDX-License-Identifier: Apache-2.0 */
/* The port with libsrt at both ends. The host that gets the messages is played here. */
#include "ingest/srt_listener.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <srt/access_control.h>
#include <srt/srt.h>
#undef LOG_DEBUG /* from syslog.h, which libsrt includes */
#undef LOG_INFO

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/worker.h"
#include "ingest/srt_gate.h"
#include "ingest/srt_host.h"
#include "ingest/stream_name.h"

#define DEADLINE_MS  10000
#define PASSPHRASE   "a passphrase"
#define MESSAGE_SIZE 1316
#define MANY         40

/* What the listener has told, from its thread. */
struct srt_host {
    pthread_mutex_t lock; /* lock guards: all that follows */
    int opened, lost;
    uint64_t number;
    bool is_encrypted;
    char tag[64], peer[64], key[64];
    size_t bytes;
};

struct fixture {
    struct worker_pool *workers;
    struct srt_gate *gate;
    struct srt_listener *listener;
    struct srt_host host, *hosts[1];
    pthread_mutex_t slow; /* held while look-ups of "slow" wait */
    int asked;            /* under the host's lock */
};

void srt_host_post_opened(struct srt_host *host, const struct srt_arrival *arrival)
{
    pthread_mutex_lock(&host->lock);
    host->opened++;
    host->number = arrival->number;
    host->is_encrypted = arrival->is_encrypted;
    snprintf(host->tag, sizeof(host->tag), "%s", arrival->tag);
    snprintf(host->peer, sizeof(host->peer), "%s", arrival->peer);
    snprintf(host->key, sizeof(host->key), "%.63s", arrival->name->key);
    pthread_mutex_unlock(&host->lock);
}

void srt_host_post_data(struct srt_host *host, uint64_t number, struct bytes *ts,
                        int64_t arrival_us)
{
    pthread_mutex_lock(&host->lock);
    host->bytes += ts->len;
    pthread_mutex_unlock(&host->lock);
}

void srt_host_post_lost(struct srt_host *host, uint64_t number)
{
    pthread_mutex_lock(&host->lock);
    host->lost++;
    pthread_mutex_unlock(&host->lock);
}

/* A copy of what has been told so far; its lock is of no use. */
static struct srt_host told(struct fixture *f)
{
    struct srt_host copy;

    pthread_mutex_lock(&f->host.lock);
    copy = f->host;
    pthread_mutex_unlock(&f->host.lock);
    return copy;
}

static int find(struct srt_access *out, const struct stream_name *name, void *ctx)
{
    struct fixture *f = ctx;

    pthread_mutex_lock(&f->host.lock);
    f->asked++;
    pthread_mutex_unlock(&f->host.lock);
    if (strcmp(name->key, "slow") == 0) {
        pthread_mutex_lock(&f->slow);
        pthread_mutex_unlock(&f->slow);
    }
    if (strcmp(name->key, "unknown") == 0)
        return -ENOENT;
    snprintf(out->passphrase, sizeof(out->passphrase), PASSPHRASE);
    return 0;
}

static int setup(void **state)
{
    struct srt_listener_config config = { .host = "127.0.0.1", .latency_ms = 20 };
    struct fixture *f = mem_zalloc(sizeof(*f));
    struct srt_gate_config gate = { .find = find, .ctx = f };

    pthread_mutex_init(&f->host.lock, NULL);
    pthread_mutex_init(&f->slow, NULL);
    f->hosts[0] = &f->host;
    f->workers = gate.workers = worker_pool_create(2);
    f->gate = srt_gate_create(&gate);
    assert_int_equal(srt_listener_create(&f->listener, &config), 0);
    assert_int_equal(srt_listener_start(f->listener, f->gate, f->hosts, 1), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    srt_listener_destroy(f->listener);
    worker_pool_destroy(f->workers);
    srt_gate_destroy(f->gate);
    pthread_mutex_destroy(&f->slow);
    pthread_mutex_destroy(&f->host.lock);
    mem_free(f);
    return 0;
}

static void wait_until(struct fixture *f, bool (*is_reached)(struct fixture *f))
{
    int64_t start_ms = clock_mono_ms();

    while (!is_reached(f)) {
        assert_true(clock_mono_ms() - start_ms < DEADLINE_MS);
        usleep(1000);
    }
}

/* ---- encoders ---- */

static SRTSOCKET create_caller(const char *stream_id, const char *passphrase, int latency_ms)
{
    SRTSOCKET caller = srt_create_socket();

    assert_int_not_equal(caller, SRT_INVALID_SOCK);
    srt_setsockflag(caller, SRTO_STREAMID, stream_id, (int)strlen(stream_id));
    if (*passphrase)
        srt_setsockflag(caller, SRTO_PASSPHRASE, passphrase, (int)strlen(passphrase));
    srt_setsockflag(caller, SRTO_PEERLATENCY, &latency_ms, sizeof(latency_ms));
    return caller;
}

static int call(SRTSOCKET caller, struct fixture *f)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)srt_listener_port(f->listener)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return srt_connect(caller, (struct sockaddr *)&to, sizeof(to));
}

static SRTSOCKET connect_caller(struct fixture *f, int latency_ms)
{
    SRTSOCKET caller = create_caller("sk_1?priority=2", PASSPHRASE, latency_ms);

    assert_int_equal(call(caller, f), 0);
    return caller;
}

static int refusal_of(struct fixture *f, const char *stream_id, const char *passphrase)
{
    SRTSOCKET caller = create_caller(stream_id, passphrase, 20);
    int reason;

    assert_int_equal(call(caller, f), SRT_ERROR);
    reason = srt_getrejectreason(caller);
    srt_close(caller);
    return reason;
}

static void send_messages(SRTSOCKET caller, int count)
{
    char message[MESSAGE_SIZE] = { 0x47 };

    for (int i = 0; i < count; i++)
        assert_int_equal(srt_send(caller, message, sizeof(message)), sizeof(message));
}

/* ---- */

static bool has_opened(struct fixture *f)
{
    return told(f).opened > 0;
}

static bool has_lost(struct fixture *f)
{
    return told(f).lost > 0;
}

static void an_encoder_is_announced_with_its_name(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET caller = connect_caller(f, 20);

    wait_until(f, has_opened);
    assert_string_equal(told(f).key, "sk_1");
    assert_string_equal(told(f).peer, "127.0.0.1");
    assert_memory_equal(told(f).tag, "srt#", 4);
    assert_true(told(f).is_encrypted);
    srt_close(caller);
}

static void refusals_have_their_codes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(refusal_of(f, "unknown", PASSPHRASE), SRT_REJX_UNAUTHORIZED);
    assert_int_equal(refusal_of(f, "sk_1", "another passphrase"), SRT_REJ_BADSECRET);
    assert_int_equal(refusal_of(f, "sk_1", ""), SRT_REJ_UNSECURE);
    srt_listener_stop(f->listener);
    assert_int_equal(refusal_of(f, "sk_1", PASSPHRASE), SRT_REJX_DOWN);
    assert_int_equal(told(f).opened, 0);
}

/* A goodbye that comes before what was said is due. */
static void what_was_sent_before_the_goodbye_is_read(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET caller = connect_caller(f, 1000);

    wait_until(f, has_opened);
    srt_listener_read(f->listener, told(f).number);
    send_messages(caller, 50);
    while (srt_getsockstate(caller) == SRTS_CONNECTED) {
        size_t blocks = 0;

        srt_getsndbuffer(caller, &blocks, NULL);
        if (!blocks) /* all has been acknowledged */
            break;
        usleep(1000);
    }
    assert_int_equal(told(f).bytes, 0); /* not due yet */
    srt_close(caller);
    wait_until(f, has_lost);
    assert_int_equal(told(f).bytes, 50 * MESSAGE_SIZE);
}

static void a_connection_may_go_while_it_is_asked_about(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET caller = connect_caller(f, 20);

    wait_until(f, has_opened);
    send_messages(caller, 5);
    srt_close(caller);
    wait_until(f, has_lost);
    srt_listener_read(f->listener, told(f).number); /* of nobody any more */
    srt_listener_close(f->listener, told(f).number);
    assert_int_equal(told(f).bytes, 0);
}

static void a_host_may_close_it(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET caller = connect_caller(f, 20);
    int64_t start_ms = clock_mono_ms();

    wait_until(f, has_opened);
    srt_listener_read(f->listener, told(f).number);
    srt_listener_close(f->listener, told(f).number);
    while (srt_getsockstate(caller) == SRTS_CONNECTED) {
        assert_true(clock_mono_ms() - start_ms < DEADLINE_MS);
        usleep(1000);
    }
    assert_int_equal(told(f).lost, 0); /* it knows */
    srt_close(caller);
}

static bool is_asked(struct fixture *f)
{
    bool is;

    pthread_mutex_lock(&f->host.lock);
    is = f->asked > 0;
    pthread_mutex_unlock(&f->host.lock);
    return is;
}

static void it_ends_while_a_key_is_looked_up(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET caller = create_caller("slow", PASSPHRASE, 20);
    int64_t start_ms;
    bool waits = false;

    pthread_mutex_lock(&f->slow);
    srt_setsockflag(caller, SRTO_RCVSYN, &waits, sizeof(waits));
    assert_int_equal(call(caller, f), 0);
    wait_until(f, is_asked);
    start_ms = clock_mono_ms();
    srt_listener_end(f->listener);
    assert_true(clock_mono_ms() - start_ms < 5000);
    pthread_mutex_unlock(&f->slow); /* the answer comes when nobody is there */
    srt_close(caller);
    assert_int_equal(told(f).opened, 0);
}

static bool have_many_opened(struct fixture *f)
{
    return told(f).opened == MANY;
}

static void many_come_at_once_and_end_together(void **state)
{
    struct fixture *f = *state;
    SRTSOCKET callers[MANY];
    bool waits = false;
    int lost;

    for (int i = 0; i < MANY; i++) {
        callers[i] = create_caller("sk_1", PASSPHRASE, 20);
        srt_setsockflag(callers[i], SRTO_RCVSYN, &waits, sizeof(waits));
        assert_int_equal(call(callers[i], f), 0);
    }
    wait_until(f, have_many_opened);
    for (uint64_t number = 1; number <= MANY; number++)
        srt_listener_read(f->listener, number);
    srt_listener_end(f->listener);
    lost = told(f).lost;
    srt_listener_close(f->listener, 1); /* harmless */
    for (int i = 0; i < MANY; i++)
        srt_close(callers[i]);
    assert_int_equal(told(f).lost, lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_encoder_is_announced_with_its_name),
        TEST(refusals_have_their_codes),
        TEST(what_was_sent_before_the_goodbye_is_read),
        TEST(a_connection_may_go_while_it_is_asked_about),
        TEST(a_host_may_close_it),
        TEST(it_ends_while_a_key_is_looked_up),
        TEST(many_come_at_once_and_end_together),
    };
    int failed;

    srt_startup(); /* for the callers, which outlive a listener */
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    srt_cleanup();
    return failed;
}
