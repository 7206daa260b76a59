/* SPDX-License-Identifier: Apache-2.0 */
/* The S3 store against a service that answers as a script says; signatures are judged by a real one
 * in tests/e2e/s3_story.mjs. */
#include "objects/s3_store.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http_fixture.h"
#include "net/tls_context.h"
#include "objects/object_store.h"

#define SILENT 0 /* a request that gets no answer */

struct answer {
    int status;
    const char *body;
};

struct fixture {
    struct http_fixture http;
    struct object_store *store;
    char dir[32];
    pthread_mutex_t lock; /* lock guards: all below */
    struct answer script[8];
    int requests;
    char method[8], target[128], host[64], body[64], expect[16], acl[64], length[16], key[128];
};

static void copy_header(char *out, size_t size, const struct http_request *request,
                        const char *name)
{
    const char *value = http_header(request, name);

    snprintf(out, size, "%s", value ? value : "");
}

static void remember(struct fixture *f, const struct http_request *request)
{
    snprintf(f->method, sizeof(f->method), "%s", request->method);
    snprintf(f->target, sizeof(f->target), "%s", request->target);
    snprintf(f->host, sizeof(f->host), "%s", request->host);
    snprintf(f->body, sizeof(f->body), "%.*s", (int)request->body_len, (const char *)request->body);
    copy_header(f->expect, sizeof(f->expect), request, "expect");
    copy_header(f->acl, sizeof(f->acl), request, "x-amz-acl");
    copy_header(f->length, sizeof(f->length), request, "content-length");
    copy_header(f->key, sizeof(f->key), request, "authorization");
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    static const struct http_header elsewhere = { "Location", "/elsewhere" };
    struct fixture *f = ctx;
    struct slice body = { 0 };
    struct answer answer;

    pthread_mutex_lock(&f->lock);
    remember(f, request);
    answer = f->script[f->requests++];
    pthread_mutex_unlock(&f->lock);
    if (answer.status == SILENT)
        return;
    body.data = (const uint8_t *)answer.body;
    body.len = answer.body ? strlen(answer.body) : 0;
    http_respond(exchange, &(struct http_response){ .status = answer.status,
                                                    .headers = &elsewhere,
                                                    .header_count = 1,
                                                    .body = &body,
                                                    .body_count = answer.body ? 1 : 0 });
}

static size_t body_max(const struct http_request *request, void *ctx)
{
    return 1000;
}

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    setenv("AWS_ACCESS_KEY_ID", "AKIATEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    snprintf(f->dir, sizeof(f->dir), "/tmp/weir-s3-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    pthread_mutex_init(&f->lock, NULL);
    f->http.config.handler = (struct http_handler){ body_max, on_request };
    f->http.config.handler_ctx = f;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[64];
    int status;

    object_store_destroy(f->store);
    if (f->http.loop)
        http_fixture_stop(&f->http);
    tls_context_destroy(f->http.tls);
    pthread_mutex_destroy(&f->lock);
    snprintf(command, sizeof(command), "rm -r %s", f->dir);
    status = system(command);
    mem_free(f);
    return status;
}

static void open_store(struct fixture *f, struct s3_store_config config)
{
    char url[64];

    if (!f->http.loop)
        http_fixture_start(&f->http);
    snprintf(url, sizeof(url), "%s://127.0.0.1:%d", f->http.tls ? "https" : "http", f->http.port);
    config.endpoint = url;
    config.region = "us-west-2";
    assert_int_equal(s3_store_create(&f->store, &config), 0);
}

static int put(struct fixture *f, const char *text)
{
    return object_store_put(
        f->store, "garden",
        &(struct object){ .key = "a b/1.ts", .data = text, .len = strlen(text) });
}

static uint64_t connections_of(struct fixture *f)
{
    struct http_counters counters;

    http_server_count(f->http.server, &counters);
    return counters.connections;
}

/* Also while a request has got no answer. */
static int count_requests(struct fixture *f)
{
    int count;

    pthread_mutex_lock(&f->lock);
    count = f->requests;
    pthread_mutex_unlock(&f->lock);
    return count;
}

/* --- what goes over the wire --- */

static void sends_an_object_and_nothing_of_libcurl_s_own(void **state)
{
    struct fixture *f = *state;
    char host[64];

    f->script[0] = f->script[1] = (struct answer){ 200, "" };
    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(put(f, "some video"), 0);
    snprintf(host, sizeof(host), "127.0.0.1:%d", f->http.port);
    assert_string_equal(f->method, "PUT");
    assert_string_equal(f->target, "/garden/a%20b/1.ts");
    assert_string_equal(f->host, host);
    assert_string_equal(f->body, "some video");
    assert_string_equal(f->expect, "");
    assert_string_equal(f->acl, "");
    assert_non_null(strstr(f->key, "AKIATEST/"));
    assert_int_equal(put(f, ""), 0);
    assert_string_equal(f->length, "0");
}

static void asks_for_the_acl_that_the_policy_wants(void **state)
{
    struct fixture *f = *state;

    f->script[0] = (struct answer){ 200, "" };
    open_store(f, (struct s3_store_config){ .policies = S3_POLICIES_ALWAYS });
    assert_int_equal(put(f, "x"), 0);
    assert_string_equal(f->acl, "bucket-owner-full-control");
}

static void reads_and_writes_policies(void **state)
{
    struct fixture *f = *state;
    struct buf policy;

    buf_init(&policy, 1000);
    f->script[0] =
        (struct answer){ 404,
                         "<?xml version=\"1.0\"?><Error><Code>NoSuchBucketPolicy</Code></Error>" };
    f->script[1] = (struct answer){ 200, "{\"Statement\":[]}" };
    f->script[2] = f->script[3] = (struct answer){ 204, NULL };
    open_store(f, (struct s3_store_config){ .policies = S3_POLICIES_ALWAYS });
    assert_int_equal(f->store->driver->get_policy(f->store, "garden", &policy), 0);
    assert_string_equal(buf_str(&policy), "");
    assert_int_equal(f->store->driver->get_policy(f->store, "garden", &policy), 0);
    assert_string_equal(buf_str(&policy), "{\"Statement\":[]}");
    assert_string_equal(f->target, "/garden?policy");
    assert_int_equal(f->store->driver->put_policy(f->store, "garden", "{}"), 0);
    assert_string_equal(f->method, "PUT");
    assert_string_equal(f->body, "{}");
    assert_int_equal(f->store->driver->put_policy(f->store, "garden", ""), 0);
    assert_string_equal(f->method, "DELETE");
    assert_int_equal(connections_of(f), 1);
    buf_clear(&policy);
}

/* --- what goes wrong --- */

static void tries_again_while_the_service_is_busy(void **state)
{
    struct fixture *f = *state;

    f->script[0] = (struct answer){ 503, "<Error><Code>SlowDown</Code></Error>" };
    f->script[1] = (struct answer){ 500, "" };
    f->script[2] = (struct answer){ 200, "" };
    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(put(f, "x"), 0);
    assert_int_equal(f->requests, 3);
    assert_int_equal(connections_of(f), 1);
}

static void gives_up_after_three_attempts(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 4; i++)
        f->script[i] = (struct answer){ 503, "" };
    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(put(f, "x"), -EBUSY);
    assert_int_equal(f->requests, 3);
}

static void does_not_repeat_what_was_refused(void **state)
{
    static const struct {
        struct answer answer;
        int err;
    } cases[] = {
        { { 403, "<Error><Code>AccessDenied</Code></Error>" }, -EACCES },
        { { 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>" }, -EKEYREJECTED },
        { { 404, "<Error><Code>NoSuchBucket</Code></Error>" }, -ENOENT },
        { { 301, "<Error><Code>PermanentRedirect</Code></Error>" }, -EXDEV },
        { { 418, "" }, -EIO },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        f->script[i] = cases[i].answer;
    open_store(f, (struct s3_store_config){ 0 });
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(put(f, "x"), cases[i].err);
        assert_int_equal(f->requests, i + 1);
        assert_string_equal(f->target, "/garden/a%20b/1.ts");
    }
}

static void waits_no_longer_than_its_patience(void **state)
{
    struct fixture *f = *state;
    int64_t start_ms = clock_mono_ms();

    open_store(f, (struct s3_store_config){ .patience_ms = 300 });
    assert_int_equal(put(f, "x"), -ETIMEDOUT);
    assert_true(clock_mono_ms() - start_ms >= 300);
    assert_int_equal(count_requests(f), 1);
}

static void takes_no_endless_answer(void **state)
{
    static char endless[100001]; /* still being sent when nobody listens any more */
    struct fixture *f = *state;
    struct buf policy;

    memset(endless, ' ', sizeof(endless) - 1);
    buf_init(&policy, 1000000);
    f->script[0] = (struct answer){ 200, endless };
    open_store(f, (struct s3_store_config){ .policies = S3_POLICIES_ALWAYS });
    assert_int_equal(f->store->driver->get_policy(f->store, "garden", &policy), -EMSGSIZE);
    assert_int_equal(policy.len, 0);
    buf_clear(&policy);
}

static void says_that_nobody_listens(void **state)
{
    struct fixture *f = *state;

    open_store(f, (struct s3_store_config){ 0 });
    http_fixture_stop(&f->http);
    f->http.loop = NULL;
    assert_int_equal(put(f, "x"), -EHOSTUNREACH);
}

static void asks_nobody_about_a_wrong_name(void **state)
{
    struct object object = { .key = "" };
    struct fixture *f = *state;

    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(object_store_probe(f->store, "../garden"), -EINVAL);
    assert_int_equal(object_store_put(f->store, "garden", &object), -EINVAL);
    assert_int_equal(object_store_remove(f->store, "garden", "a\r\nb"), -EINVAL);
    assert_int_equal(f->requests, 0);
}

static void trusts_only_the_certificates_it_was_given(void **state)
{
    static const char *const names[] = { "127.0.0.1" };
    struct fixture *f = *state;
    struct tls_context_config tls = { .dir = f->dir, .names = names, .name_count = 1 };

    f->script[0] = (struct answer){ 200, "" };
    assert_int_equal(tls_context_create(&f->http.tls, &tls), 0);
    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(put(f, "x"), -EPROTO);
    assert_int_equal(f->requests, 0);
    object_store_destroy(f->store);
    open_store(f, (struct s3_store_config){ .ca_file = tls_context_cert_file(f->http.tls) });
    assert_int_equal(put(f, "x"), 0);
}

/* --- while it runs --- */

static void write_credentials(const struct fixture *f, const char *key)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/credentials", f->dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "[default]\naws_access_key_id=%s\naws_secret_access_key=x\n", key);
    fclose(file);
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
}

static void follows_a_credentials_file_that_changes(void **state)
{
    struct fixture *f = *state;

    unsetenv("AWS_ACCESS_KEY_ID");
    write_credentials(f, "ASIAFIRST");
    f->script[0] = f->script[1] = (struct answer){ 200, "" };
    open_store(f, (struct s3_store_config){ 0 });
    assert_int_equal(put(f, "x"), 0);
    assert_non_null(strstr(f->key, "ASIAFIRST/"));
    write_credentials(f, "ASIASECOND");
    assert_int_equal(put(f, "x"), 0);
    assert_non_null(strstr(f->key, "ASIASECOND/"));
}

static void *put_in_vain(void *arg)
{
    struct fixture *f = arg;

    assert_int_equal(put(f, "x"), -ESHUTDOWN);
    return NULL;
}

static void ends_at_once_when_it_is_cancelled(void **state)
{
    struct fixture *f = *state;
    int64_t deadline_ms = clock_mono_ms() + 5000;
    pthread_t thread;

    open_store(f, (struct s3_store_config){ .patience_ms = 60000 });
    assert_int_equal(pthread_create(&thread, NULL, put_in_vain, f), 0);
    while (!count_requests(f) && clock_mono_ms() < deadline_ms)
        usleep(1000);
    assert_int_equal(count_requests(f), 1);
    object_store_cancel(f->store);
    pthread_join(thread, NULL);
    assert_true(clock_mono_ms() < deadline_ms);
    assert_int_equal(put(f, "x"), -ESHUTDOWN);
    assert_int_equal(count_requests(f), 1);
}

#define S3_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(sends_an_object_and_nothing_of_libcurl_s_own),
        S3_TEST(asks_for_the_acl_that_the_policy_wants),
        S3_TEST(reads_and_writes_policies),
        S3_TEST(tries_again_while_the_service_is_busy),
        S3_TEST(gives_up_after_three_attempts),
        S3_TEST(does_not_repeat_what_was_refused),
        S3_TEST(waits_no_longer_than_its_patience),
        S3_TEST(takes_no_endless_answer),
        S3_TEST(says_that_nobody_listens),
        S3_TEST(asks_nobody_about_a_wrong_name),
        S3_TEST(trusts_only_the_certificates_it_was_given),
        S3_TEST(follows_a_credentials_file_that_changes),
        S3_TEST(ends_at_once_when_it_is_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
