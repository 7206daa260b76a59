/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

METRIC(calls, METRIC_COUNTER, "weir_test_calls_total", "Calls.");

static void appears_once_something_happened(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    metrics_write(&out);
    assert_null(strstr(buf_str(&out), "weir_test_calls_total"));
    metric_add(&calls, 2);
    metric_add(&calls, 1);
    metrics_write(&out);
    assert_non_null(strstr(buf_str(&out), "# HELP weir_test_calls_total Calls.\n"
                                          "# TYPE weir_test_calls_total counter\n"
                                          "weir_test_calls_total 3\n"));
    buf_clear(&out);
}

static void collect_two_channels(struct buf *out, void *ctx)
{
    metric_family(out, "weir_test_views", "Views.", METRIC_GAUGE);
    metric_sample(out, "weir_test_views", "channel=\"a\"", 1);
    metric_sample(out, "weir_test_views", "channel=\"b\"", 0.5);
}

static void asks_collectors_at_the_scrape(void **state)
{
    struct buf out;

    buf_init(&out, 4096);
    metric_collect_with(collect_two_channels, NULL);
    metrics_write(&out);
    assert_non_null(strstr(buf_str(&out), "weir_test_views{channel=\"a\"} 1\n"
                                          "weir_test_views{channel=\"b\"} 0.5\n"));
    metrics_clear();
    buf_reset(&out);
    metrics_write(&out);
    assert_null(strstr(buf_str(&out), "weir_test_views"));
    buf_clear(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(appears_once_something_happened),
        cmocka_unit_test(asks_collectors_at_the_scrape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
