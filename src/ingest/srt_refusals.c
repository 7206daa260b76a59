/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_refusals.h"

#include <pthread.h>
#include <stdio.h>

#include <srt/srt.h>
#undef LOG_DEBUG /* from syslog.h, which libsrt includes */
#undef LOG_INFO

#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"

#define TAG          "srt"
#define EXPECTED_MAX 128 /* as many as libsrt lets wait */
#define SECOND_MS    1000

METRIC(refusals, METRIC_COUNTER, "weir_srt_refusals_total", "SRT handshakes refused.");

struct expected {
    int number; /* 0: unused */
    bool is_encrypted;
    int64_t at_ms;
    char peer[64];
};

struct srt_refusals {
    pthread_mutex_t lock; /* lock guards: all that follows */
    struct expected expected[EXPECTED_MAX];
    unsigned next;       /* in a ring: the oldest makes room */
    int64_t second_ms;   /* when the second began */
    int lines, left_out; /* in it */
};

struct srt_refusals *srt_refusals_create(void)
{
    struct srt_refusals *r = mem_zalloc(sizeof(*r));

    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void begin_second(struct srt_refusals *r, int64_t now_ms)
{
    if (now_ms - r->second_ms < SECOND_MS)
        return;
    if (r->left_out)
        log_warn(TAG, "more handshakes refused: count=%d", r->left_out);
    r->second_ms = now_ms;
    r->lines = r->left_out = 0;
}

static void tell(struct srt_refusals *r, const char *peer, int code, const char *why,
                 int64_t now_ms)
{
    metric_add(&refusals, 1);
    begin_second(r, now_ms);
    if (r->lines >= SRT_REFUSALS_LINES) {
        r->left_out++;
        return;
    }
    r->lines++;
    log_warn(TAG, "handshake refused: peer=%s code=%d reason=%s", peer, code, why);
}

void srt_refusals_add(struct srt_refusals *r, const char *peer, int code, const char *why,
                      int64_t now_ms)
{
    pthread_mutex_lock(&r->lock);
    tell(r, peer, code, why, now_ms);
    pthread_mutex_unlock(&r->lock);
}

void srt_refusals_expect(struct srt_refusals *r, int number, const char *peer, bool is_encrypted,
                         int64_t now_ms)
{
    struct expected *e;

    pthread_mutex_lock(&r->lock);
    e = &r->expected[r->next++ % EXPECTED_MAX];
    *e = (struct expected){ .number = number, .is_encrypted = is_encrypted, .at_ms = now_ms };
    snprintf(e->peer, sizeof(e->peer), "%s", peer);
    pthread_mutex_unlock(&r->lock);
}

void srt_refusals_met(struct srt_refusals *r, int number)
{
    pthread_mutex_lock(&r->lock);
    for (int i = 0; i < EXPECTED_MAX; i++)
        if (r->expected[i].number == number)
            r->expected[i].number = 0;
    pthread_mutex_unlock(&r->lock);
}

static void tell_missing(struct srt_refusals *r, const struct expected *e, int64_t now_ms)
{
    if (e->is_encrypted)
        tell(r, e->peer, SRT_REJ_BADSECRET,
             "no connection came of it: the passphrase is wrong or missing", now_ms);
    else
        tell(r, e->peer, SRT_REJ_UNSECURE,
             "it has a passphrase, and was expected to have none: let in when it tries again",
             now_ms);
}

void srt_refusals_sweep(struct srt_refusals *r, int64_t now_ms)
{
    pthread_mutex_lock(&r->lock);
    begin_second(r, now_ms);
    for (int i = 0; i < EXPECTED_MAX; i++) {
        struct expected *e = &r->expected[i];

        if (!e->number || now_ms - e->at_ms < SRT_REFUSALS_EXPECT_MS)
            continue;
        tell_missing(r, e, now_ms);
        e->number = 0;
    }
    pthread_mutex_unlock(&r->lock);
}

void srt_refusals_destroy(struct srt_refusals *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}
