/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics tells of calls and quotas. */
#include "api_fixture.h"

#include "base/buf.h"
#include "base/metric.h"

#define METRICS_MAX ((size_t)1 << 20)

static char text[1 << 20];

static void scrape(struct api_fixture *f)
{
    struct buf out;

    metrics_clear();
    api_register_metrics(f->api);
    buf_init(&out, METRICS_MAX);
    metrics_write(&out);
    snprintf(text, sizeof(text), "\n%s", buf_str(&out));
    buf_clear(&out);
    metrics_clear();
}

static void assert_line(const char *line)
{
    char wanted[256];

    snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    if (!strstr(text, wanted))
        fail_msg("no line %s in:%s", line, text);
}

static void calls_are_counted_by_operation_and_status(void **state)
{
    struct api_fixture *f = *state;

    api_call(f, "CreateChannel", "{}");
    api_call(f, "CreateChannel", "{\"name\":\"no spaces\"}");
    api_call(f, "ListChannels", "{}");
    api_call(f, "ListChannels", "{}");
    api_call(f, "InventedByTheCaller", "{}");
    scrape(f);
    assert_line("# TYPE weir_api_calls_total counter");
    assert_line("weir_api_calls_total{operation=\"CreateChannel\",status=\"2xx\"} 1");
    assert_line("weir_api_calls_total{operation=\"CreateChannel\",status=\"4xx\"} 1");
    assert_line("weir_api_calls_total{operation=\"ListChannels\",status=\"2xx\"} 2");
    assert_line("weir_api_calls_total{operation=\"none\",status=\"4xx\"} 1");
    assert_null(strstr(text, "Invented"));
    assert_null(strstr(text, "GetChannel\""));
}

static void what_was_too_often_and_too_much_is_counted(void **state)
{
    static const char *const quotas[] = { "channels=1", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, false);
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 402);
    for (int i = 0; i < 13; i++)
        api_call(f, "ListStreams", "{}");
    assert_int_equal(f->reply.status, 429);
    scrape(f);
    assert_line("weir_api_over_quota_total{operation=\"CreateChannel\"} 1");
    assert_line("weir_api_throttled_total{operation=\"ListStreams\"} 3");
}

static void each_account_shows_what_it_has_of_its_quotas(void **state)
{
    struct api_fixture *f = *state;

    scrape(f);
    assert_line("weir_quota_limit{quota=\"channels\"} 5000");
    assert_line("weir_quota_limit{quota=\"public-keys\"} 3");
    assert_null(strstr(text, "\nweir_quota_used{"));
    api_call(f, "CreateChannel", "{}");
    api_call(f, "CreateChannel", "{}");
    api_call(f, "CreateStage", "{}");
    f->key = api_fixture_key(f, "999999999999", access_key_administrator);
    api_call(f, "CreateChannel", "{}");
    assert_int_equal(api_measure(f->api), 0);
    scrape(f);
    assert_line("weir_quota_used{quota=\"channels\",account=\"" ACCOUNT "\"} 2");
    assert_line("weir_quota_used{quota=\"stages\",account=\"" ACCOUNT "\"} 1");
    assert_line("weir_quota_used{quota=\"channels\",account=\"999999999999\"} 1");
    api_call(f, "DeleteChannel", "{\"arn\":\"%s\"}", answer_text(f, "channel.arn"));
    assert_int_equal(f->reply.status, 204);
    assert_int_equal(api_measure(f->api), 0);
    scrape(f);
    assert_null(strstr(text, "account=\"999999999999\""));
}

static void what_is_on_air_counts_too(void **state)
{
    struct api_fixture *f = *state;
    char stream_id[LIVE_STREAM_ID_SIZE];
    struct live_host *host;

    assert_int_equal(live_claim(f->live, "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/abcdefghijkl",
                                &host, stream_id),
                     0);
    live_set_on_air(f->live, "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/abcdefghijkl", 1);
    scrape(f);
    assert_line("weir_quota_used{quota=\"concurrent-streams\",account=\"" ACCOUNT "\"} 1");
    assert_line("weir_quota_used{quota=\"concurrent-views\",account=\"" ACCOUNT "\"} 0");
    live_release(f->live, "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/abcdefghijkl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(calls_are_counted_by_operation_and_status),
        API_TEST(what_was_too_often_and_too_much_is_counted),
        API_TEST(each_account_shows_what_it_has_of_its_quotas),
        API_TEST(what_is_on_air_counts_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
