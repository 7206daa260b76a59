/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_gate.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/worker.h"
#include "ingest/stream_name.h"

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER; /* held while look-ups must wait */
static int asked;

static int find(struct srt_access *out, const struct stream_name *name, void *ctx)
{
    pthread_mutex_lock(&gate_lock);
    asked++;
    pthread_mutex_unlock(&gate_lock);
    if (strcmp(name->key, "sk_1") != 0)
        return -ENOENT;
    out->allows_clear = strcmp(name->query, "clear") == 0;
    snprintf(out->passphrase, sizeof(out->passphrase), "a passphrase");
    return 0;
}

struct fixture {
    struct worker_pool *workers;
    struct srt_gate *gate;
};

static struct fixture start(void)
{
    struct fixture f = { .workers = worker_pool_create(2) };
    struct srt_gate_config config = { .workers = f.workers, .find = find };

    asked = 0;
    f.gate = srt_gate_create(&config);
    return f;
}

static void stop(struct fixture *f)
{
    worker_pool_destroy(f->workers);
    srt_gate_destroy(f->gate);
}

static void tells_what_a_worker_finds(void **state)
{
    struct stream_name good = { "sk_1", "clear" }, bad = { "sk_2", "" };
    struct fixture f = start();
    struct srt_access access;

    assert_int_equal(srt_gate_ask(f.gate, &access, &good), 0);
    assert_string_equal(access.passphrase, "a passphrase");
    assert_true(access.allows_clear);
    assert_int_equal(srt_gate_ask(f.gate, &access, &bad), -ENOENT);
    stop(&f);
}

static void does_not_wait_for_long(void **state)
{
    struct stream_name name = { "sk_1", "" };
    struct fixture f = start();
    struct srt_access access;
    int64_t start_ms = clock_mono_ms();

    pthread_mutex_lock(&gate_lock);
    assert_int_equal(srt_gate_ask(f.gate, &access, &name), -ETIMEDOUT);
    assert_true(clock_mono_ms() - start_ms >= 250);
    pthread_mutex_unlock(&gate_lock); /* the worker finishes with nobody waiting */
    assert_int_equal(srt_gate_ask(f.gate, &access, &name), 0);
    stop(&f);
    assert_int_equal(asked, 2);
}

static void a_flood_is_answered_without_looking(void **state)
{
    struct stream_name name = { "sk_2", "" };
    struct fixture f = start();
    struct srt_access access;
    int64_t start_us = clock_mono_us(), spent_us = 0;
    int refused = 0;

    for (int i = 0; i < 5000; i++) {
        int64_t asked_us = clock_mono_us(), taken_us;

        if (srt_gate_ask(f.gate, &access, &name) == -EAGAIN) {
            refused++;
            continue;
        }
        taken_us = clock_mono_us() - asked_us;
        spent_us += taken_us > 1000 ? taken_us : 1000;
    }
    /* a second saved up, and a quarter of what has passed; the last look-up may go beyond */
    assert_true(refused > 0);
    assert_true(spent_us >= 1000000);
    assert_true(5000 - refused <= 1002 + (clock_mono_us() - start_us) / 4000);
    stop(&f);
    assert_int_equal(asked, 5000 - refused);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_worker_finds),
        cmocka_unit_test(does_not_wait_for_long),
        cmocka_unit_test(a_flood_is_answered_without_looking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
