/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_refusals.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

/* The log, which goes to standard error, is looked into through a file in its place. */
struct fixture {
    struct srt_refusals *refusals;
    FILE *log;
    int stderr_fd;
    char text[16384];
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    f->refusals = srt_refusals_create();
    f->log = tmpfile();
    f->stderr_fd = dup(2);
    dup2(fileno(f->log), 2);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    dup2(f->stderr_fd, 2);
    close(f->stderr_fd);
    fclose(f->log);
    srt_refusals_destroy(f->refusals);
    mem_free(f);
    return 0;
}

/* How often `words` stand in the log so far. */
static int count(struct fixture *f, const char *words)
{
    ssize_t len = pread(fileno(f->log), f->text, sizeof(f->text) - 1, 0);
    int found = 0;

    assert_true(len >= 0);
    f->text[len] = '\0';
    for (const char *at = f->text; (at = strstr(at, words)); at++)
        found++;
    return found;
}

static void each_refusal_is_told(void **state)
{
    struct fixture *f = *state;

    srt_refusals_add(f->refusals, "192.0.2.1", 1401, "the stream key is not valid", 5000);
    assert_int_equal(count(f, "peer=192.0.2.1 code=1401 reason=the stream key is not valid"), 1);
}

static void what_was_let_through_and_does_not_come_is_told(void **state)
{
    struct fixture *f = *state;

    srt_refusals_expect(f->refusals, 7, "192.0.2.7", true, 5000);
    srt_refusals_expect(f->refusals, 8, "192.0.2.8", true, 5000);
    srt_refusals_expect(f->refusals, 9, "192.0.2.9", false, 5000);
    srt_refusals_met(f->refusals, 8);
    srt_refusals_sweep(f->refusals, 5000 + SRT_REFUSALS_EXPECT_MS - 1);
    assert_int_equal(count(f, "handshake refused"), 0);
    srt_refusals_sweep(f->refusals, 5000 + SRT_REFUSALS_EXPECT_MS);
    srt_refusals_sweep(f->refusals, 5000 + 2 * SRT_REFUSALS_EXPECT_MS); /* once */
    assert_int_equal(count(f, "handshake refused"), 2);
    assert_int_equal(count(f, "peer=192.0.2.7 code=10 "), 1);
    assert_int_equal(count(f, "peer=192.0.2.9 code=11 "), 1);
}

static void a_flood_is_counted(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 5000; i++)
        srt_refusals_add(f->refusals, "192.0.2.1", 1402, "too fast", 5000);
    assert_int_equal(count(f, "handshake refused"), SRT_REFUSALS_LINES);
    srt_refusals_sweep(f->refusals, 6000);
    assert_int_equal(count(f, "more handshakes refused: count=4990"), 1);
    srt_refusals_add(f->refusals, "192.0.2.1", 1402, "too fast", 6001);
    assert_int_equal(count(f, "handshake refused"), SRT_REFUSALS_LINES + 1);
}

static void more_than_can_be_expected_make_room(void **state)
{
    struct fixture *f = *state;

    for (int i = 1; i <= 1000; i++)
        srt_refusals_expect(f->refusals, i, "192.0.2.1", true, 5000);
    srt_refusals_met(f->refusals, 1); /* forgotten long ago */
    srt_refusals_sweep(f->refusals, 5000 + SRT_REFUSALS_EXPECT_MS);
    assert_int_equal(count(f, "handshake refused"), SRT_REFUSALS_LINES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(each_refusal_is_told),
        TEST(what_was_let_through_and_does_not_come_is_told),
        TEST(a_flood_is_counted),
        TEST(more_than_can_be_expected_make_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
