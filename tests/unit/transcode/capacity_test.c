/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/capacity.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"

static const struct ladder_input full_hd = { "STANDARD", "", 1920, 1080, 30, true };
static const struct ladder_input hd = { "STANDARD", "", 1280, 720, 30, true };

static struct transcode_setup setup_of(const struct ladder_input *input, const char *preset)
{
    struct transcode_setup setup;
    struct ladder ladder;

    assert_int_equal(ladder_build(&ladder, input), 0);
    assert_true(transcode_setup_of(&setup, &ladder, preset));
    return setup;
}

static int admit(struct capacity *capacity, struct capacity_grant **grant)
{
    struct transcode_setup setup = setup_of(&full_hd, "superfast");

    return capacity_admit(capacity, grant, &setup, 1920, 1080);
}

static double predict(const struct ladder_input *input, const char *preset)
{
    struct transcode_setup setup = setup_of(input, preset);

    return capacity_predict(&setup, input->width, input->height);
}

/* Reports once a second that the worker uses `share` of a core. */
static void run(struct capacity_grant *grant, int64_t *cpu_us, double share, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        clock_advance_us(1000000);
        *cpu_us += (int64_t)(share * 1e6);
        capacity_report_cpu(grant, *cpu_us);
    }
}

static void predicts_what_was_measured(void **state)
{
    assert_in_range((int)(predict(&full_hd, "superfast") * 100), 48, 60);
    assert_in_range((int)(predict(&full_hd, "veryfast") * 100), 68, 85);
    assert_in_range((int)(predict(&hd, "superfast") * 100), 38, 50);
}

static void refuses_what_does_not_fit(void **state)
{
    struct capacity *capacity = capacity_create(1.2);
    struct capacity_grant *a, *b, *c;

    assert_int_equal(admit(capacity, &a), 0);
    assert_int_equal(admit(capacity, &b), 0);
    assert_int_equal(admit(capacity, &c), -EBUSY);
    capacity_release(a);
    assert_int_equal(admit(capacity, &c), 0);
    capacity_release(b);
    capacity_release(c);
    capacity_destroy(capacity);
}

static void believes_measurements_more_than_predictions(void **state)
{
    struct capacity *capacity = capacity_create(2);
    struct capacity_grant *a, *b;
    int64_t cpu_us = 0;

    /* A slow machine: what was expected to take half a core takes one and a half. */
    assert_int_equal(admit(capacity, &a), 0);
    run(a, &cpu_us, 1.5, 20);
    assert_int_equal(admit(capacity, &b), -EBUSY);
    capacity_release(a);
    capacity_destroy(capacity);
}

static void does_not_count_on_still_pictures(void **state)
{
    struct capacity *capacity = capacity_create(0.6);
    struct capacity_grant *a, *b;
    int64_t cpu_us = 0;

    assert_int_equal(admit(capacity, &a), 0);
    run(a, &cpu_us, 0.01, 20);
    assert_int_equal(admit(capacity, &b), -EBUSY);
    capacity_release(a);
    capacity_destroy(capacity);
}

static void takes_nobody_while_one_is_late(void **state)
{
    struct capacity *capacity = capacity_create(4);
    struct capacity_grant *a, *b;

    assert_int_equal(admit(capacity, &a), 0);
    capacity_report_late(a);
    assert_int_equal(admit(capacity, &b), -EBUSY);
    clock_advance_us(10000001);
    assert_int_equal(admit(capacity, &b), 0);
    capacity_release(a);
    capacity_release(b);
    capacity_destroy(capacity);
}

static int change(struct capacity_grant *grant, const struct ladder_input *input,
                  const char *preset)
{
    struct transcode_setup setup = setup_of(input, preset);

    return capacity_change(grant, &setup, input->width, input->height);
}

/* There is room for two of them, and for one that is smaller beside one of them. */
static void whoever_has_a_place_keeps_it(void **state)
{
    struct capacity *capacity = capacity_create(1.2);
    struct capacity_grant *a, *b, *c;

    assert_int_equal(admit(capacity, &a), 0);
    assert_int_equal(admit(capacity, &b), 0);
    capacity_report_late(b);
    assert_int_equal(change(a, &full_hd, "superfast"), 0);
    assert_int_equal(change(a, &full_hd, "slow"), -EBUSY); /* and has what it had */
    assert_int_equal(change(a, &hd, "superfast"), 0);
    clock_advance_us(10000001);
    assert_int_equal(admit(capacity, &c), -EBUSY);
    assert_int_equal(change(a, &full_hd, "superfast"), 0);
    capacity_release(a);
    capacity_release(b);
    capacity_destroy(capacity);
}

static void survives_restarts_and_lies(void **state)
{
    struct capacity *capacity = capacity_create(2);
    struct capacity_grant *a, *b;
    struct capacity_usage usage;
    int64_t cpu_us = 0;

    assert_int_equal(admit(capacity, &a), 0);
    run(a, &cpu_us, 0.5, 10);
    cpu_us = 0; /* a new process */
    run(a, &cpu_us, 0.5, 10);
    capacity_usage(capacity, &usage);
    assert_in_range((int)(usage.used * 100), 40, 60);
    assert_int_equal(usage.transcodes, 1);
    clock_advance_us(1000000);
    capacity_report_cpu(a, INT64_MAX / 2);
    clock_advance_us(1000000);
    capacity_report_cpu(a, 0);
    capacity_usage(capacity, &usage);
    assert_true(usage.used >= 0 && usage.used < 100);
    capacity_release(a);
    assert_int_equal(admit(capacity, &b), 0);
    capacity_release(b);
    capacity_destroy(capacity);
}

static void takes_most_of_the_machine_by_default(void **state)
{
    struct capacity *capacity = capacity_create(0);
    struct capacity_usage usage;

    capacity_usage(capacity, &usage);
    assert_true(usage.cores > 0.05 && usage.cores < 1024);
    assert_int_equal(usage.transcodes, 0);
    capacity_destroy(capacity);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicts_what_was_measured),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(believes_measurements_more_than_predictions),
        cmocka_unit_test(does_not_count_on_still_pictures),
        cmocka_unit_test(takes_nobody_while_one_is_late),
        cmocka_unit_test(whoever_has_a_place_keeps_it),
        cmocka_unit_test(survives_restarts_and_lies),
        cmocka_unit_test(takes_most_of_the_machine_by_default),
    };

    clock_set_fake(1000000, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
