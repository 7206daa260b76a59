/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_registry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "live/event_log.h"

#define ARN(account, id) "arn:aws:ivs:us-west-2:" account ":channel/" id

static struct live_registry *registry;
static struct live_host *const here = (struct live_host *)1;
static struct live_host *const there = (struct live_host *)2;

static int create(void **state)
{
    registry = live_registry_create(2);
    return 0;
}

static int destroy(void **state)
{
    live_registry_destroy(registry);
    return 0;
}

static int claim(const char *arn, struct live_host **host, char stream_id[LIVE_STREAM_ID_SIZE])
{
    return live_claim(registry, arn, host, stream_id);
}

static void tells_the_second_encoder_where_the_session_lives(void **state)
{
    char first[LIVE_STREAM_ID_SIZE], second[LIVE_STREAM_ID_SIZE];
    struct live_host *host = here;

    assert_int_equal(claim(ARN("111111111111", "a"), &host, first), 0);
    assert_int_equal(strlen(first), 26);
    assert_memory_equal(first, "st-", 3);
    host = there;
    assert_int_equal(claim(ARN("111111111111", "a"), &host, second), -EBUSY);
    assert_ptr_equal(host, here);
    assert_string_equal(second, first);
    live_release(registry, ARN("111111111111", "a"));
    host = there;
    assert_int_equal(claim(ARN("111111111111", "a"), &host, second), 0);
    assert_string_not_equal(second, first);
}

static void counts_the_quota_per_account(void **state)
{
    char id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = here;

    assert_int_equal(claim(ARN("111111111111", "a"), &host, id), 0);
    assert_int_equal(claim(ARN("111111111111", "b"), &host, id), 0);
    assert_int_equal(claim(ARN("111111111111", "c"), &host, id), -EDQUOT);
    assert_int_equal(claim(ARN("222222222222", "a"), &host, id), 0);
}

static void a_met_quota_is_an_event(void **state)
{
    struct arena *arena = arena_create();
    char id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = here;
    struct live_event *events;

    claim(ARN("111111111111", "a"), &host, id);
    claim(ARN("111111111111", "b"), &host, id);
    assert_int_equal(event_log_list(live_registry_events(registry), arena, NULL, &events), 0);
    claim(ARN("111111111111", "c"), &host, id);
    assert_int_equal(event_log_list(live_registry_events(registry), arena, NULL, &events), 1);
    assert_string_equal(events[0].type, "IVS Limit Breach");
    assert_string_equal(events[0].name, "Concurrent Broadcasts");
    assert_string_equal(events[0].channel_arn, ARN("111111111111", "c"));
    assert_string_equal(events[0].stream_id, "");
    assert_string_equal(events[0].limit_unit, "active streams");
    assert_int_equal(events[0].limit_value, 2);
    assert_int_equal(events[0].exceeded_by, 1);
    arena_destroy(arena);
}

static void is_watchable_only_once_on_air(void **state)
{
    char id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = here;
    struct live_info info;

    claim(ARN("111111111111", "a"), &host, id);
    assert_true(live_is_busy(registry, ARN("111111111111", "a")));
    assert_false(live_get(registry, ARN("111111111111", "a"), &info));
    live_set_on_air(registry, ARN("111111111111", "a"), 1234);
    assert_true(live_get(registry, ARN("111111111111", "a"), &info));
    assert_int_equal(info.start_wall_ms, 1234);
    assert_int_equal(info.health, LIVE_HEALTH_UNKNOWN);
}

static void lists_one_account_oldest_first(void **state)
{
    struct arena *arena = arena_create();
    char id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = here;
    struct live_info *infos;

    claim(ARN("111111111111", "b"), &host, id);
    claim(ARN("222222222222", "x"), &host, id);
    claim(ARN("111111111111", "a"), &host, id);
    live_set_on_air(registry, ARN("111111111111", "a"), 1);
    live_set_on_air(registry, ARN("222222222222", "x"), 1);
    live_set_on_air(registry, ARN("111111111111", "b"), 1);
    assert_int_equal(live_list(registry, arena, "111111111111", &infos), 2);
    assert_string_equal(infos[0].channel_arn, ARN("111111111111", "b"));
    assert_string_equal(infos[1].channel_arn, ARN("111111111111", "a"));
    assert_int_equal(live_list(registry, arena, NULL, &infos), 3);
    arena_destroy(arena);
}

static void cannot_stop_what_is_not_there(void **state)
{
    assert_int_equal(live_stop(registry, ARN("111111111111", "a")), -ENOENT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_the_second_encoder_where_the_session_lives, create,
                                        destroy),
        cmocka_unit_test_setup_teardown(counts_the_quota_per_account, create, destroy),
        cmocka_unit_test_setup_teardown(a_met_quota_is_an_event, create, destroy),
        cmocka_unit_test_setup_teardown(is_watchable_only_once_on_air, create, destroy),
        cmocka_unit_test_setup_teardown(lists_one_account_oldest_first, create, destroy),
        cmocka_unit_test_setup_teardown(cannot_stop_what_is_not_there, create, destroy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
