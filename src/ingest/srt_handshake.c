/* SPDX-License-Identifier: Apache-2.0 */
/* A channel with insecureIngest takes both clear connections and those with its passphrase. But
 * libsrt must be told whether there is a passphrase before it looks whether the encoder has one,
 * and encoders insist that both sides have the same. So what an encoder does is learnt: the first
 * try is expected to be in clear, as IVS has it for such channels; after one that came to nothing
 * the next is expected to be the other way. Encoders that connect again by themselves get through
 * at their second try, and are known from then on. */
#include "ingest/srt_handshake.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>
#include <srt/access_control.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "ingest/srt_gate.h"
#include "ingest/srt_stream_id.h"

#define HABITS_MAX 256
#define PENDING_MS 60000 /* in which an encoder tries again */

/* What to expect of whoever has a key. */
struct habit {
    uint64_t key; /* a hash; 0: unused */
    int64_t at_ms;
    bool is_encrypted;
    bool is_pending; /* a handshake was let through, and no connection has come of it yet */
};

struct srt_handshakes {
    struct srt_gate *gate;
    uint64_t seed;
    pthread_mutex_t lock; /* lock guards: habits */
    struct habit habits[HABITS_MAX];
};

struct srt_handshakes *srt_handshakes_create(struct srt_gate *gate)
{
    struct srt_handshakes *h = mem_zalloc(sizeof(*h));

    h->gate = gate;
    RAND_bytes((unsigned char *)&h->seed, sizeof(h->seed));
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

void srt_handshakes_destroy(struct srt_handshakes *h)
{
    if (!h)
        return;
    pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

/* ---- habits ---- */

/* The habit of the key, or the oldest one, which makes room for it. */
static struct habit *habit_of(struct srt_handshakes *h, const char *stream_key)
{
    uint64_t key = map_hash(stream_key, strlen(stream_key), h->seed) | 1;
    struct habit *oldest = &h->habits[0];

    for (int i = 0; i < HABITS_MAX; i++) {
        if (h->habits[i].key == key)
            return &h->habits[i];
        if (h->habits[i].at_ms < oldest->at_ms)
            oldest = &h->habits[i];
    }
    *oldest = (struct habit){ .key = key };
    return oldest;
}

static bool expects_encryption(struct srt_handshakes *h, const char *stream_key)
{
    int64_t now_ms = clock_mono_ms();
    struct habit *habit;
    bool is_encrypted;

    pthread_mutex_lock(&h->lock);
    habit = habit_of(h, stream_key);
    if (habit->is_pending && now_ms - habit->at_ms < PENDING_MS)
        habit->is_encrypted = !habit->is_encrypted;
    habit->is_pending = true;
    habit->at_ms = now_ms;
    is_encrypted = habit->is_encrypted;
    pthread_mutex_unlock(&h->lock);
    return is_encrypted;
}

void srt_handshakes_note(struct srt_handshakes *h, const char *stream_key, bool is_encrypted)
{
    struct habit *habit;

    pthread_mutex_lock(&h->lock);
    habit = habit_of(h, stream_key);
    habit->is_encrypted = is_encrypted;
    habit->is_pending = false;
    habit->at_ms = clock_mono_ms();
    pthread_mutex_unlock(&h->lock);
}

/* ---- answers ---- */

static struct srt_answer refuse(int code, const char *why)
{
    return (struct srt_answer){ .reject_code = code, .why = why };
}

static struct srt_answer refuse_key(int err)
{
    switch (err) {
    case -ENOENT:
        return refuse(SRT_REJX_UNAUTHORIZED, "the stream key is not valid");
    case -EBUSY:
        return refuse(SRT_REJX_CONFLICT, "another encoder is live on this channel");
    case -EAGAIN:
    case -ETIMEDOUT:
        return refuse(SRT_REJX_OVERLOAD, "keys cannot be checked so fast");
    default:
        return refuse(SRT_REJX_ISE, "keys cannot be checked now");
    }
}

static struct srt_answer let_in(struct srt_handshakes *h, const struct srt_access *access,
                                const char *stream_key)
{
    struct srt_answer answer = { .reject_code = 0 };

    if (!access->allows_clear && !*access->passphrase)
        return refuse(SRT_REJX_FORBIDDEN, "the channel has no passphrase");
    if (!access->allows_clear || expects_encryption(h, stream_key))
        snprintf(answer.passphrase, sizeof(answer.passphrase), "%s", access->passphrase);
    return answer;
}

void srt_handshakes_answer(struct srt_handshakes *h, struct srt_answer *out, const char *stream_id)
{
    struct srt_access access = { .passphrase = "" };
    struct stream_name name;
    int err = srt_stream_id_parse(&name, stream_id);

    if (err == -ENOTSUP) {
        *out = refuse(SRT_REJX_BAD_MODE, "only publishing is served");
        return;
    }
    if (err) {
        *out = refuse(SRT_REJX_BAD_REQUEST, "no stream key in the stream id");
        return;
    }
    err = srt_gate_ask(h->gate, &access, &name);
    *out = err ? refuse_key(err) : let_in(h, &access, name.key);
    explicit_bzero(&name, sizeof(name));
    explicit_bzero(&access, sizeof(access));
}
