/* SPDX-License-Identifier: Apache-2.0 */
/* One call, step by step: size, operation, signature, input, permission, rate, the operation
 * itself, and its reply. */
#include "api/api.h"

#include <string.h>

#include "api/api_metrics.h"
#include "api/bucket_check.h"
#include "api/call.h"
#include "api/client_api.h"
#include "api/operation.h"
#include "api/permission.h"
#include "api/policy.h"
#include "api/rate.h"
#include "api/sigv4_auth.h"
#include "api/xml_error.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/http_server.h"
#include "net/uri.h"
#include "stage/token_keys.h"
#include "store/access_key_cache.h"

#define TAG            "api"
#define BODY_MAX       ((size_t)16 * 1024 * 1024) /* of an answer */
#define HEADERS_MAX    16
#define UNAVAILABLE_MS 1000 /* when to ask again after a 503 */

static void *parse_policy(const char *json)
{
    char message[POLICY_MESSAGE_SIZE];
    struct policy *policy;

    if (!policy_parse(&policy, json, message))
        return policy;
    log_error(TAG, "a key's policy cannot be obeyed, so it may nothing: %s", message);
    return NULL;
}

static void free_policy(void *policy)
{
    policy_destroy(policy);
}

struct api *api_create(const struct api_config *config)
{
    struct api *api = mem_zalloc(sizeof(*api));
    struct access_key_cache_config keys = { .store = config->store,
                                            .parse_policy = parse_policy,
                                            .free_policy = free_policy };
    struct sigv4_auth_config auth = { .region = config->region };
    uint8_t secret[STORE_KEY_SIZE];

    api->config = *config;
    api->config.region = mem_strdup(config->region);
    api->config.playback_base = mem_strdup(config->playback_base);
    api->config.ingest_endpoint = mem_strdup(config->ingest_endpoint);
    api->config.rtmp_url = mem_strdup(config->rtmp_url);
    api->config.rtmps_url = mem_strdup(config->rtmps_url);
    api->config.srt_endpoint = mem_strdup(config->srt_endpoint);
    api->keys = access_key_cache_create(&keys);
    auth.keys = api->keys;
    api->auth = sigv4_auth_create(&auth);
    api->metrics = api_metrics_create(&config->quotas, config->live);
    api->rates = config->is_unlimited ? NULL : rates_create();
    store_derive_key(config->store, "page-token", api->page_key);
    store_derive_key(config->store, "participant-token", secret);
    api->token_keys = token_keys_create(secret, config->region);
    api->bucket_checks = bucket_checks_create(api);
    return api;
}

void api_destroy(struct api *api)
{
    if (!api)
        return;
    bucket_checks_destroy(api->bucket_checks);
    token_keys_destroy(api->token_keys);
    rates_destroy(api->rates);
    api_metrics_destroy(api->metrics);
    sigv4_auth_destroy(api->auth);
    access_key_cache_destroy(api->keys);
    mem_free((char *)api->config.region);
    mem_free((char *)api->config.playback_base);
    mem_free((char *)api->config.ingest_endpoint);
    mem_free((char *)api->config.rtmp_url);
    mem_free((char *)api->config.rtmps_url);
    mem_free((char *)api->config.srt_endpoint);
    mem_free(api);
}

void api_register_metrics(struct api *api)
{
    metric_collect_with(api_metrics_collect, api->metrics);
}

int api_measure(struct api *api)
{
    return api_metrics_measure(api->metrics, api->config.store, api->config.region);
}

/* --- the body of the reply --- */

static bool is_xml(const struct call *call)
{
    return call->operation && call->operation->services == SERVICE_STS;
}

static void begin_body(struct call *call)
{
    buf_reset(&call->body);
    json_writer_init(&call->out, &call->body);
    if (!is_xml(call))
        write_object(&call->out, NULL);
}

static void end_body(struct call *call)
{
    if (!is_xml(call))
        write_object_end(&call->out);
}

/* --- the steps --- */

static int fail_too_large(struct call *call)
{
    return call_fail(call, API_TOO_LARGE, "The request is larger than %zu bytes", INPUT_BODY_MAX);
}

static int find_operation(struct call *call, const char **label)
{
    const struct http_request *request = call->request;
    const char *undecoded;

    if (request->body_len > INPUT_BODY_MAX)
        return fail_too_large(call);
    call->operation = operation_find(request->method, request->path, &undecoded);
    if (!call->operation)
        return call_fail(call, API_UNKNOWN_OPERATION, "There is no operation %s %s",
                         request->method, request->path);
    *label = undecoded ? uri_decode(call->arena, undecoded, strlen(undecoded)) : NULL;
    return 0;
}

static void release_caller(void *caller)
{
    cached_key_unref(caller);
}

static int authenticate(struct call *call)
{
    const char *service = call->operation->services & SERVICE_STS ? "sts" : "ivs";
    struct auth_failure failure;
    int err = sigv4_auth_verify(call->api->auth, call->arena, call->request, service, call->now_ms,
                                &call->caller, &failure);

    if (err == -EACCES)
        return call_fail(call, failure.error, "%s", failure.message);
    if (err)
        return err;
    arena_on_destroy(call->arena, release_caller, (void *)call->caller);
    call->account = call->caller->key.account;
    return 0;
}

static int read_input(struct call *call, const char *label)
{
    const struct operation *op = call->operation;
    struct input_source source = { .body = (const char *)call->request->body,
                                   .body_len = call->request->body_len,
                                   .label = label,
                                   .query = call->request->query };
    const char *message;
    int err;

    if (!op->fields)
        return 0;
    err = input_read(&call->input, call->arena, op->fields, op->input_size, &source, &message);
    if (err)
        return call_fail(call, err == -EBADMSG ? API_SERIALIZATION : API_VALIDATION, "%s", message);
    return 0;
}

static int throttle(struct call *call)
{
    const struct operation *op = call->operation;
    int wait_ms = 0;

    if (call->api->rates && op->rate > 0)
        wait_ms = rates_take(call->api->rates,
                             arena_printf(call->arena, "%s/%s", call->account, op->name), op->rate,
                             clock_mono_us());
    if (!wait_ms)
        return 0;
    call->retry_after_ms = wait_ms;
    return call_fail(call, API_THROTTLING, "Rate exceeded: %s may be called %g times a second",
                     op->name, op->rate);
}

static int run_operation(struct call *call)
{
    const char *label = NULL;
    int err = find_operation(call, &label);

    begin_body(call);
    if (!err)
        err = authenticate(call);
    if (!err)
        err = read_input(call, label);
    if (!err)
        err = permission_check(call);
    if (!err)
        err = throttle(call);
    if (!err)
        err = call->operation->run(call, call->input);
    if (!err && call->operation->is_pending)
        err = call_fail(call, API_NOT_IMPLEMENTED, "%s is not implemented by this version",
                        call->operation->name);
    return err;
}

/* --- the reply --- */

static int fail_unavailable(struct call *call)
{
    call->retry_after_ms = UNAVAILABLE_MS;
    return call_fail(call, API_UNAVAILABLE, "The service is temporarily unavailable");
}

/* What no operation put into words of its own. */
static void word_error(struct call *call, int err)
{
    if (err == CALL_FAILED)
        return;
    if (err == -ENOTCONN) {
        fail_unavailable(call);
        return;
    }
    log_error(TAG, "call failed: operation=%s err=%s request=%s", call->operation->name,
              err_str(err), call->id);
    call_fail(call, API_INTERNAL, "Internal server error");
}

static void write_error(struct call *call)
{
    begin_body(call);
    if (is_xml(call)) {
        xml_write_error(call);
        return;
    }
    write_string(&call->out, "exceptionMessage", call->message);
    write_string(&call->out, "message", call->message);
    end_body(call);
}

static void add_header(struct api_reply *out, struct http_header *headers, const char *name,
                       const char *value)
{
    headers[out->header_count++] = (struct http_header){ name, value };
}

static void add_retry_after(struct call *call, struct api_reply *out, struct http_header *headers)
{
    int seconds = (call->retry_after_ms + 999) / 1000;

    add_header(out, headers, "retry-after", arena_printf(call->arena, "%d", seconds));
    add_header(out, headers, "x-amz-retry-after",
               arena_printf(call->arena, "%d", call->retry_after_ms));
}

static void add_headers(struct call *call, struct api_reply *out)
{
    struct http_header *headers = arena_alloc(call->arena, HEADERS_MAX * sizeof(*headers));

    out->headers = headers;
    add_header(out, headers, "x-amzn-requestid", arena_strdup(call->arena, call->id));
    add_header(out, headers, "access-control-allow-origin", "*");
    add_header(out, headers, "access-control-expose-headers",
               "x-amzn-ErrorType, x-amzn-RequestId, Date, Retry-After");
    add_header(out, headers, "cache-control", "no-store, no-cache");
    add_header(out, headers, "x-content-type-options", "nosniff");
    add_header(out, headers, "x-frame-options", "DENY");
    if (out->body_len && is_xml(call)) {
        add_header(out, headers, "content-type", "text/xml");
    } else if (out->body_len) {
        add_header(out, headers, "content-type", "application/json");
        add_header(out, headers, "content-security-policy", "default-src 'none'");
    }
    if (out->status >= 400)
        add_header(out, headers, "x-amzn-errortype", api_error_info(call->error)->name);
    if (call->retry_after_ms)
        add_retry_after(call, out, headers);
}

static void finish(struct call *call, int err, struct api_reply *out)
{
    if (!err) {
        end_body(call);
        out->status = call->operation->status ? call->operation->status : 200;
        err = call->body.err; /* an answer past any reason */
    }
    if (err) {
        word_error(call, err);
        write_error(call);
        out->status = api_error_info(call->error)->status;
    }
    if (out->status != 204) {
        out->body = buf_str(&call->body);
        out->body_len = call->body.len;
    }
    add_headers(call, out);
    api_metrics_note(call->api->metrics, call->operation, out->status, call->error);
    log_debug(TAG, "%s: status=%d error=%s request=%s",
              call->operation ? call->operation->name : "unknown operation", out->status,
              err ? api_error_info(call->error)->name : "", call->id);
}

static void release_body(void *body)
{
    buf_clear(body);
}

static struct call *begin(struct api *api, struct arena *arena, const struct http_request *request)
{
    struct call *call = arena_zalloc(arena, sizeof(*call));

    call->arena = arena;
    call->api = api;
    call->store = api->config.store;
    call->region = api->config.region;
    call->request = request;
    call->now_ms = clock_wall_ms();
    id_uuid(call->id);
    buf_init(&call->body, BODY_MAX);
    arena_on_destroy(arena, release_body, &call->body);
    return call;
}

void api_serve(struct api *api, struct arena *arena, const struct http_request *request,
               struct api_reply *out)
{
    struct call *call;

    *out = (struct api_reply){ 0 };
    if (client_api_serve(api, arena, request, out))
        return;
    call = begin(api, arena, request);
    finish(call, run_operation(call), out);
}

static int fail_refused(struct call *call, int status)
{
    if (status == 408)
        return call_fail(call, API_REQUEST_TIMEOUT, "The request was not sent in time");
    return status == 413 ? fail_too_large(call) : fail_unavailable(call);
}

void api_refuse(struct api *api, struct arena *arena, const struct http_request *request,
                int status, struct api_reply *out)
{
    struct call *call = begin(api, arena, request);
    const char *label;

    *out = (struct api_reply){ 0 };
    call->operation = operation_find(request->method, request->path, &label);
    finish(call, fail_refused(call, status), out);
}
