/* SPDX-License-Identifier: Apache-2.0 */
#include "live/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "media/packet.h"

static struct health health;
static int64_t now_ms, media;

/* Lets `seconds` pass while media arrives at `percent` of real time. */
static enum live_health pass(int seconds, int percent)
{
    enum live_health state = health.state;

    for (int i = 0; i < seconds; i++) {
        now_ms += 1000;
        media += MEDIA_TIMESCALE * percent / 100;
        if (percent)
            health_on_media(&health, now_ms, media);
        state = health_tick(&health, now_ms);
    }
    return state;
}

static int start(void **state)
{
    now_ms = 1000;
    media = 0;
    health_init(&health, now_ms, media);
    return 0;
}

static void is_unknown_for_five_seconds(void **state)
{
    assert_int_equal(pass(4, 100), LIVE_HEALTH_UNKNOWN);
    assert_int_equal(pass(2, 100), LIVE_HEALTHY);
}

static void starves_below_half_of_real_time(void **state)
{
    pass(10, 100);
    assert_int_equal(pass(2, 40), LIVE_HEALTHY);
    assert_int_equal(pass(4, 40), LIVE_STARVING);
}

static void starves_after_three_silent_seconds(void **state)
{
    pass(10, 100);
    assert_int_equal(pass(2, 0), LIVE_HEALTHY);
    assert_int_equal(pass(1, 0), LIVE_STARVING);
}

static void recovers_after_five_good_seconds(void **state)
{
    pass(10, 100);
    pass(10, 0);
    assert_int_equal(pass(4, 100), LIVE_STARVING);
    assert_int_equal(pass(2, 100), LIVE_HEALTHY);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(is_unknown_for_five_seconds, start),
        cmocka_unit_test_setup(starves_below_half_of_real_time, start),
        cmocka_unit_test_setup(starves_after_three_silent_seconds, start),
        cmocka_unit_test_setup(recovers_after_five_good_seconds, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
