/* SPDX-License-Identifier: Apache-2.0 */
/* What two steps of a call cost: verifying its signature, as the JavaScript SDK signs, and reading
 * its input against the constraints. Microseconds of CPU, by name.
 *     api_parts DIR     an empty folder */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/input.h"
#include "api/operation.h"
#include "api/policy.h"
#include "api/sigv4_auth.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "net/http_server.h"
#include "net/sigv4.h"
#include "store/access_key.h"
#include "store/access_key_cache.h"
#include "store/store.h"

#define REGION "us-west-2"
#define CALLS  100000

static const char create_channel[] =
    "{\"name\":\"morning-show\",\"latencyMode\":\"LOW\",\"type\":\"ADVANCED_HD\","
    "\"preset\":\"HIGHER_BANDWIDTH_DELIVERY\",\"authorized\":true,\"insecureIngest\":false,"
    "\"recordingConfigurationArn\":\"arn:aws:ivs:us-west-2:123456789012:recording-configuration/"
    "abcdefgh1234\",\"tags\":{\"team\":\"sport\",\"cost centre\":\"4711\",\"stage\":\"prod\"}}";
static const char get_channel[] =
    "{\"arn\":\"arn:aws:ivs:us-west-2:123456789012:channel/abcdefgh1234\"}";

static double cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void *parse_policy(const char *json)
{
    char message[POLICY_MESSAGE_SIZE];
    struct policy *policy;

    return policy_parse(&policy, json, message) ? NULL : policy;
}

static void free_policy(void *policy)
{
    policy_destroy(policy);
}

struct signed_request {
    struct http_request request;
    struct http_header headers[12];
    char date[SIGV4_DATE_SIZE], hash[SHA256_HEX_SIZE];
};

static void sign(struct signed_request *out, struct arena *arena, const struct access_key *key,
                 const char *path, const char *body)
{
    const struct sigv4_signer signer = { key->id, key->secret, REGION, "ivs" };
    struct sigv4_request r = { .method = "POST", .path = path, .query = "" };
    size_t count = 0;

    sigv4_date(out->date, clock_wall_ms());
    sha256_hex(out->hash, body, strlen(body));
    out->headers[count++] =
        (struct http_header){ "amz-sdk-invocation-id", "0b5a7f4e-3c5c-4c0e-9a57-3b7b7a1d2f10" };
    out->headers[count++] = (struct http_header){ "amz-sdk-request", "attempt=1; max=3" };
    out->headers[count++] = (struct http_header){ "content-length", "512" };
    out->headers[count++] = (struct http_header){ "content-type", "application/json" };
    out->headers[count++] = (struct http_header){ "host", "127.0.0.1:8080" };
    out->headers[count++] = (struct http_header){ "x-amz-content-sha256", out->hash };
    out->headers[count++] = (struct http_header){ "x-amz-date", out->date };
    out->headers[count++] =
        (struct http_header){ "x-amz-user-agent",
                              "aws-sdk-js/3.700.0 ua/2.1 os/linux lang/js md/nodejs#20 api/ivs" };
    r.headers = out->headers;
    r.header_count = count;
    r.payload_hash = out->hash;
    out->headers[count].name = "authorization";
    if (sigv4_sign(&out->headers[count++].value, arena, &signer, &r))
        exit(1);
    out->request = (struct http_request){ .method = "POST",
                                          .target = path,
                                          .path = path,
                                          .query = "",
                                          .host = "127.0.0.1:8080",
                                          .headers = out->headers,
                                          .header_count = count,
                                          .body = (const uint8_t *)body,
                                          .body_len = strlen(body),
                                          .peer = "127.0.0.1" };
}

static double measure_signature(struct sigv4_auth *auth, const struct signed_request *signed_one)
{
    double begin = cpu_us();

    for (int i = 0; i < CALLS; i++) {
        struct arena *arena = arena_create();
        const struct cached_key *caller;
        struct auth_failure failure;

        if (sigv4_auth_verify(auth, arena, &signed_one->request, "ivs", clock_wall_ms(), &caller,
                              &failure))
            exit(1);
        cached_key_unref(caller);
        arena_destroy(arena);
    }
    return (cpu_us() - begin) / CALLS;
}

static double measure_input(const struct http_request *request)
{
    const char *label;
    const struct operation *op = operation_find(request->method, request->path, &label);
    const struct input_source source = { .body = (const char *)request->body,
                                         .body_len = request->body_len,
                                         .query = "" };
    double begin = cpu_us();

    for (int i = 0; i < CALLS; i++) {
        struct arena *arena = arena_create();
        const char *message;
        const void *input;

        if (input_read(&input, arena, op->fields, op->input_size, &source, &message))
            exit(1);
        arena_destroy(arena);
    }
    return (cpu_us() - begin) / CALLS;
}

static void measure(struct sigv4_auth *auth, const struct access_key *key, const char *path,
                    const char *body)
{
    struct arena *arena = arena_create();
    struct signed_request signed_one;

    sign(&signed_one, arena, key, path, body);
    printf("{\"operation\":\"%s\",\"signature_us\":%.2f,\"input_us\":%.2f}\n", path + 1,
           measure_signature(auth, &signed_one), measure_input(&signed_one.request));
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    struct store_config config = { .data_dir = argc == 2 ? argv[1] : NULL };
    struct access_key_spec spec = { .account = "123456789012",
                                    .policy_json = access_key_administrator };
    struct access_key_cache_config keys = { .parse_policy = parse_policy,
                                            .free_policy = free_policy };
    struct sigv4_auth_config auth_config = { .region = REGION };
    struct arena *arena = arena_create();
    struct access_key key;
    struct sigv4_auth *auth;

    if (argc != 2) {
        fprintf(stderr, "usage: api_parts DIR\n");
        return 2;
    }
    if (store_open(&keys.store, &config))
        return 1;
    access_key_make(&key, arena, &spec);
    if (access_key_add(keys.store, &key))
        return 1;
    auth_config.keys = access_key_cache_create(&keys);
    auth = sigv4_auth_create(&auth_config);
    measure(auth, &key, "/GetChannel", get_channel);
    measure(auth, &key, "/CreateChannel", create_channel);
    sigv4_auth_destroy(auth);
    access_key_cache_destroy(auth_config.keys);
    store_close(keys.store);
    arena_destroy(arena);
    return 0;
}
