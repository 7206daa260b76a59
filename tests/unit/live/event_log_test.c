/* SPDX-License-Identifier: Apache-2.0 */
#include "live/event_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void add(struct event_log *log, const char *name, const char *stream_id, int64_t wall_ms)
{
    struct live_event event = { .type = EVENT_STATE_CHANGE, .name = name, .wall_ms = wall_ms };

    snprintf(event.stream_id, sizeof(event.stream_id), "%s", stream_id);
    event_log_add(log, &event);
}

static void lists_the_newest_first_by_stream(void **state)
{
    struct event_log *log = event_log_create();
    struct arena *arena = arena_create();
    struct live_event *events;

    add(log, "Session Created", "st-1", 1);
    add(log, "Session Created", "st-2", 2);
    add(log, "Stream Failure", "st-1", 3);
    assert_int_equal(event_log_list(log, arena, "st-1", &events), 2);
    assert_string_equal(events[0].name, "Stream Failure");
    assert_int_equal(events[1].wall_ms, 1);
    assert_int_equal(event_log_list(log, arena, NULL, &events), 3);
    assert_int_equal(event_log_list(log, arena, "st-3", &events), 0);
    arena_destroy(arena);
    event_log_destroy(log);
}

static void forgets_the_oldest(void **state)
{
    struct event_log *log = event_log_create();
    struct arena *arena = arena_create();
    struct live_event *events;

    for (int i = 0; i < EVENTS_KEPT + 5; i++)
        add(log, "Session Created", "st-1", i);
    assert_int_equal(event_log_list(log, arena, NULL, &events), EVENTS_KEPT);
    assert_int_equal(events[0].wall_ms, EVENTS_KEPT + 4);
    assert_int_equal(events[EVENTS_KEPT - 1].wall_ms, 5);
    arena_destroy(arena);
    event_log_destroy(log);
}

static void note_failures(const char *type, const char *name, int64_t count, void *ctx)
{
    if (strcmp(name, "Stream Failure") == 0)
        *(int64_t *)ctx = count;
}

static void counts_by_name(void **state)
{
    struct event_log *log = event_log_create();
    int64_t failures = 0;

    add(log, "Session Created", "st-1", 1);
    add(log, "Stream Failure", "st-1", 2);
    add(log, "Stream Failure", "st-2", 3);
    event_log_count(log, note_failures, &failures);
    assert_int_equal(failures, 2);
    event_log_destroy(log);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_the_newest_first_by_stream),
        cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(counts_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
