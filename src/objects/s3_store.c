/* SPDX-License-Identifier: Apache-2.0 */
/* https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *
 *   verb -> request -> attempt -> libcurl easy handle (one of a pool, with its connection) ->
 * answer
 *              ^----- pause -----'
 */
#include "objects/s3_store.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "objects/aws_credentials.h"
#include "objects/bucket_name.h"
#include "objects/object_store.h"
#include "objects/s3_error.h"
#include "objects/s3_request.h"

#define TAG            "s3"
#define ATTEMPTS       3
#define FIRST_PAUSE_MS 200 /* doubles; up to twice as long, so that callers do not move in step */
#define PATIENCE_MS    15000
#define CONNECT_MS     5000
#define SILENCE_S      10
#define SLOWEST_BPMS   64 /* bytes per millisecond: what an upload is given time for */
#define ANSWER_MAX     ((size_t)64 * 1024) /* errors, policies */
#define IDLE_MAX       8                   /* handles that are kept, each with a connection */

METRIC(requests_sent, METRIC_COUNTER, "weir_s3_requests_total", "Requests sent to S3.");
METRIC(requests_failed, METRIC_COUNTER, "weir_s3_failures_total",
       "Requests to S3 that failed in the end.");

struct s3_store {
    struct object_store base;
    struct arena *arena; /* what stays: endpoint, region, ca_file */
    struct s3_endpoint endpoint;
    const char *region;
    const char *ca_file;
    bool has_policies;
    int patience_ms;
    atomic_bool is_cancelled;
    pthread_mutex_t lock; /* lock guards: idle, idle_count */
    pthread_cond_t cancelled;
    CURL *idle[IDLE_MAX];
    int idle_count;
};

struct answer {
    int status; /* 0: none came */
    int err;
    bool is_passing; /* trying again may help */
    struct s3_error error;
    struct buf body;
};

static struct s3_store *of(struct object_store *store)
{
    return (struct s3_store *)store;
}

/* --- handles --- */

static CURL *take_handle(struct s3_store *s)
{
    CURL *handle = NULL;

    pthread_mutex_lock(&s->lock);
    if (s->idle_count)
        handle = s->idle[--s->idle_count];
    pthread_mutex_unlock(&s->lock);
    return handle ? handle : curl_easy_init();
}

static void give_handle(struct s3_store *s, CURL *handle)
{
    curl_easy_reset(handle); /* keeps its connection */
    pthread_mutex_lock(&s->lock);
    if (s->idle_count < IDLE_MAX) {
        s->idle[s->idle_count++] = handle;
        handle = NULL;
    }
    pthread_mutex_unlock(&s->lock);
    if (handle)
        curl_easy_cleanup(handle);
}

/* --- one attempt --- */

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    struct answer *answer = ctx;

    return buf_append(&answer->body, data, size * count) ? 0 : size * count;
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const struct s3_store *s = ctx;

    return atomic_load(&s->is_cancelled);
}

/* Child processes inherit no connection. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static struct curl_slist *list_headers(const struct s3_signed_request *signed_request,
                                       struct arena *arena)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < signed_request->header_count; i++)
        list =
            curl_slist_append(list, arena_printf(arena, "%s: %s", signed_request->headers[i].name,
                                                 signed_request->headers[i].value));
    /* What libcurl would add by itself. */
    list = curl_slist_append(list, "Expect:");
    list = curl_slist_append(list, "Accept:");
    return curl_slist_append(list, "Content-Type:");
}

static void set_limits(CURL *handle, const struct s3_store *s, int left_ms)
{
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    if (s->ca_file)
        curl_easy_setopt(handle, CURLOPT_CAINFO, s->ca_file);
}

static void set_request(CURL *handle, const struct s3_request *request, const char *url)
{
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L); /* a key may well be "a/../b" */
    if (request->body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body);
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
}

static int errno_of(CURLcode code, const struct answer *answer)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return -EHOSTUNREACH;
    case CURLE_OPERATION_TIMEDOUT:
        return -ETIMEDOUT;
    case CURLE_ABORTED_BY_CALLBACK:
        return -ESHUTDOWN;
    case CURLE_WRITE_ERROR:
        return answer->body.err ? answer->body.err : -EIO;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return -EPROTO;
    default:
        return -ECONNRESET;
    }
}

static bool is_passing(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return true;
    default:
        return false;
    }
}

/* What came back, in words and as an error. */
static void judge(struct answer *answer, CURL *handle, CURLcode code, const char *reason)
{
    long status = 0;

    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    answer->error = (struct s3_error){ 0 };
    answer->err = errno_of(code, answer);
    answer->is_passing = is_passing(code);
    if (code != CURLE_OK) {
        snprintf(answer->error.message, sizeof(answer->error.message), "%s",
                 *reason ? reason : curl_easy_strerror(code));
        return;
    }
    s3_error_parse(&answer->error, buf_str(&answer->body), answer->body.len);
    answer->err = s3_error_errno(answer->status, &answer->error);
    answer->is_passing = s3_error_is_passing(answer->status, &answer->error);
}

static int perform(struct s3_store *s, struct answer *answer, struct arena *arena,
                   const struct s3_request *request, const struct s3_signed_request *signed_request,
                   int left_ms)
{
    char reason[CURL_ERROR_SIZE] = "";
    CURL *handle = take_handle(s);
    struct curl_slist *headers;

    if (!handle)
        return -ENOMEM;
    headers = list_headers(signed_request, arena);
    set_limits(handle, s, left_ms);
    set_request(handle, request, signed_request->url);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    metric_add(&requests_sent, 1);
    judge(answer, handle, curl_easy_perform(handle), reason);
    curl_slist_free_all(headers);
    give_handle(s, handle);
    return answer->err;
}

static int attempt(struct s3_store *s, struct answer *answer, const struct s3_request *request,
                   int left_ms)
{
    struct arena *arena = arena_create();
    struct s3_signed_request signed_request;
    struct aws_credentials credentials;
    int err = aws_credentials_load(&credentials, arena);

    buf_reset(&answer->body);
    *answer = (struct answer){ .body = answer->body };
    if (!err)
        err = s3_request_sign(&signed_request, arena, &s->endpoint, &credentials, s->region,
                              clock_wall_ms(), request);
    else
        err = -EKEYREJECTED; /* they were there at the start */
    if (!err)
        err = perform(s, answer, arena, request, &signed_request, left_ms);
    arena_destroy(arena);
    return err;
}

/* --- a request: attempts until one succeeds, or no other may --- */

static void pause_for(struct s3_store *s, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    while (!atomic_load(&s->is_cancelled) &&
           !pthread_cond_timedwait(&s->cancelled, &s->lock, &until))
        ;
    pthread_mutex_unlock(&s->lock);
}

static int pause_ms(int attempts)
{
    int ms = FIRST_PAUSE_MS << (attempts - 1);
    uint16_t random;

    id_random(&random, sizeof(random));
    return ms + random % ms;
}

static void log_failure(const struct s3_request *request, const struct answer *answer, int attempts,
                        int err)
{
    metric_add(&requests_failed, 1);
    log_warn(TAG,
             "%s%s failed: bucket=%s key=%s status=%d code=%s message=\"%s\"%s%s attempts=%d "
             "err=%s",
             request->method, *request->query ? " of the policy" : "", request->bucket,
             request->key ? request->key : "", answer->status, answer->error.code,
             answer->error.message, *answer->error.region ? " region=" : "", answer->error.region,
             attempts, err_str(err));
}

/* -ENODATA is an answer, not a failure. */
static int run_request(struct s3_store *s, struct answer *answer, const struct s3_request *request)
{
    int64_t deadline_ms =
        clock_mono_ms() + s->patience_ms + (int64_t)request->body_len / SLOWEST_BPMS;
    int err = -ESHUTDOWN, attempts = 0;

    while (!atomic_load(&s->is_cancelled)) {
        int left_ms = (int)(deadline_ms - clock_mono_ms());

        if (left_ms <= 0)
            break;
        err = attempt(s, answer, request, left_ms);
        attempts++;
        if (!err || !answer->is_passing || attempts == ATTEMPTS)
            break;
        pause_for(s, pause_ms(attempts));
    }
    if (err && err != -ENODATA)
        log_failure(request, answer, attempts, err);
    return err;
}

/* The same, for those who want no body. */
static int run_simple(struct object_store *store, const struct s3_request *request)
{
    struct answer answer = { 0 };
    int err;

    if (!is_bucket_name(request->bucket) || (request->key && !is_object_key(request->key)))
        return -EINVAL;
    buf_init(&answer.body, ANSWER_MAX);
    err = run_request(of(store), &answer, request);
    buf_clear(&answer.body);
    return err;
}

/* --- the driver --- */

static int put(struct object_store *store, const char *bucket, const struct object *object)
{
    static const struct http_header acl = { "x-amz-acl", "bucket-owner-full-control" };

    return run_simple(store, &(struct s3_request){
                                 .method = "PUT",
                                 .bucket = bucket,
                                 .key = object->key,
                                 .query = "",
                                 .headers = &acl,
                                 .header_count = of(store)->has_policies,
                                 .body = object->data ? object->data : "",
                                 .body_len = object->len,
                             });
}

static int remove_object(struct object_store *store, const char *bucket, const char *key)
{
    return run_simple(
        store, &(struct s3_request){
                   .method = "DELETE", .bucket = bucket, .key = key, .query = "", .body = NULL });
}

static int get_policy(struct object_store *store, const char *bucket, struct buf *out)
{
    struct s3_request request = { .method = "GET", .bucket = bucket, .query = "policy" };
    struct answer answer = { 0 };
    int err;

    if (!is_bucket_name(bucket))
        return -EINVAL;
    buf_init(&answer.body, ANSWER_MAX);
    err = run_request(of(store), &answer, &request);
    if (!err)
        err = buf_append(out, answer.body.data, answer.body.len);
    buf_clear(&answer.body);
    return err == -ENODATA ? 0 : err;
}

static int put_policy(struct object_store *store, const char *bucket, const char *json)
{
    struct s3_request request = { .method = *json ? "PUT" : "DELETE",
                                  .bucket = bucket,
                                  .query = "policy",
                                  .body = *json ? json : NULL,
                                  .body_len = strlen(json) };

    return run_simple(store, &request);
}

static void cancel(struct object_store *store)
{
    struct s3_store *s = of(store);

    pthread_mutex_lock(&s->lock);
    atomic_store(&s->is_cancelled, true);
    pthread_cond_broadcast(&s->cancelled);
    pthread_mutex_unlock(&s->lock);
}

static void destroy(struct object_store *store)
{
    struct s3_store *s = of(store);

    while (s->idle_count)
        curl_easy_cleanup(s->idle[--s->idle_count]);
    pthread_cond_destroy(&s->cancelled);
    pthread_mutex_destroy(&s->lock);
    object_store_clear(&s->base);
    arena_destroy(s->arena);
    mem_free(s);
    curl_global_cleanup();
}

static const struct object_store_driver with_policies = {
    .put = put,
    .remove = remove_object,
    .get_policy = get_policy,
    .put_policy = put_policy,
    .cancel = cancel,
    .destroy = destroy,
};

static const struct object_store_driver without_policies = {
    .put = put,
    .remove = remove_object,
    .cancel = cancel,
    .destroy = destroy,
};

static struct s3_store *create(const struct s3_store_config *config)
{
    struct s3_store *s = mem_zalloc(sizeof(*s));
    pthread_condattr_t monotonic;

    object_store_init(&s->base, &without_policies);
    s->arena = arena_create();
    s->region = arena_strdup(s->arena, config->region);
    s->ca_file = arena_strdup(s->arena, config->ca_file);
    s->patience_ms = config->patience_ms ? config->patience_ms : PATIENCE_MS;
    atomic_init(&s->is_cancelled, false);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->cancelled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return s;
}

static void choose_policies(struct s3_store *s, enum s3_policies policies)
{
    s->has_policies =
        policies == S3_POLICIES_ALWAYS || (policies == S3_POLICIES_AT_AWS && s->endpoint.is_aws);
    if (s->has_policies)
        s->base.driver = &with_policies;
}

int s3_store_create(struct object_store **out, const struct s3_store_config *config)
{
    struct s3_store *s = create(config);
    struct arena *arena = arena_create();
    struct aws_credentials credentials;
    int err = s3_endpoint_parse(&s->endpoint, s->arena, config->endpoint);

    if (!err)
        err = aws_credentials_load(&credentials, arena);
    arena_destroy(arena);
    if (err) {
        destroy(&s->base);
        return err;
    }
    choose_policies(s, config->policies);
    *out = &s->base;
    return 0;
}
