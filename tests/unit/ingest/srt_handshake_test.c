/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_handshake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/worker.h"
#include "ingest/srt_gate.h"
#include "ingest/stream_name.h"

static int find(struct srt_access *out, const struct stream_name *name, void *ctx)
{
    if (strcmp(name->key, "unknown") == 0)
        return -ENOENT;
    if (strcmp(name->key, "taken") == 0)
        return -EBUSY;
    if (strcmp(name->key, "broken") == 0)
        return -EIO;
    out->allows_clear = strncmp(name->key, "insecure", 8) == 0;
    if (strcmp(name->key, "bare") != 0)
        snprintf(out->passphrase, sizeof(out->passphrase), "a passphrase");
    return 0;
}

struct fixture {
    struct worker_pool *workers;
    struct srt_gate *gate;
    struct srt_handshakes *handshakes;
};

static struct fixture start(void)
{
    struct fixture f = { .workers = worker_pool_create(1) };
    struct srt_gate_config config = { .workers = f.workers, .find = find };

    f.gate = srt_gate_create(&config);
    f.handshakes = srt_handshakes_create(f.gate);
    return f;
}

static void stop(struct fixture *f)
{
    srt_handshakes_destroy(f->handshakes);
    worker_pool_destroy(f->workers);
    srt_gate_destroy(f->gate);
}

static void says_why_not(void **state)
{
    /* clang-format off */
    static const struct { const char *id; int code; } cases[] = {
        { "",                    1400 },
        { "unknown",             1401 },
        { "bare",                1403 },
        { "#!::r=sk,m=request",  1405 },
        { "taken",               1409 },
        { "broken",              1500 },
        { "sk",                  0 },
    };
    /* clang-format on */
    struct fixture f = start();
    struct srt_answer answer;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        srt_handshakes_answer(f.handshakes, &answer, cases[i].id);
        assert_int_equal(answer.reject_code, cases[i].code);
    }
    stop(&f);
}

static bool asks_for_passphrase(struct fixture *f, const char *id)
{
    struct srt_answer answer;

    srt_handshakes_answer(f->handshakes, &answer, id);
    assert_int_equal(answer.reject_code, 0);
    return *answer.passphrase;
}

static void a_secure_channel_always_asks_for_its_passphrase(void **state)
{
    struct fixture f = start();

    for (int i = 0; i < 3; i++)
        assert_true(asks_for_passphrase(&f, "sk"));
    stop(&f);
}

static void an_insecure_channel_learns_what_its_encoder_does(void **state)
{
    struct fixture f = start();

    assert_false(asks_for_passphrase(&f, "insecure"));
    assert_true(asks_for_passphrase(&f, "insecure")); /* the first came to nothing */
    assert_false(asks_for_passphrase(&f, "insecure"));
    assert_true(asks_for_passphrase(&f, "insecure"));
    srt_handshakes_note(f.handshakes, "insecure", true);
    assert_true(asks_for_passphrase(&f, "insecure"));
    srt_handshakes_note(f.handshakes, "insecure", true);
    assert_true(asks_for_passphrase(&f, "insecure"));
    assert_false(asks_for_passphrase(&f, "insecure2"));
    stop(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(a_secure_channel_always_asks_for_its_passphrase),
        cmocka_unit_test(an_insecure_channel_learns_what_its_encoder_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
