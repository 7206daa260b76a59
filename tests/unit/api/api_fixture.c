/* SPDX-License-Identifier: Apache-2.0 */
#include "api_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/worker.h"
#include "net/sigv4.h"
#include "tests/unit/store/postgres_fixture.h"

#define NOW_MS INT64_C(1800000000000)

/* --- a store of one bucket, that does what the test says --- */

static struct api_fixture *of(struct object_store *store)
{
    return CONTAINER_OF(store, struct api_fixture, objects);
}

static int put(struct object_store *store, const char *bucket, const struct object *object)
{
    return of(store)->probe_err;
}

static int remove_object(struct object_store *store, const char *bucket, const char *key)
{
    return 0;
}

static int get_policy(struct object_store *store, const char *bucket, struct buf *out)
{
    return of(store)->policy_err ? of(store)->policy_err
                                 : buf_append_str(out, of(store)->bucket_policy);
}

static int put_policy(struct object_store *store, const char *bucket, const char *json)
{
    snprintf(of(store)->bucket_policy, sizeof(of(store)->bucket_policy), "%s", json);
    return 0;
}

static const struct object_store_driver one_bucket = {
    .put = put,
    .remove = remove_object,
    .get_policy = get_policy,
    .put_policy = put_policy,
};

/* --- everything opened and closed --- */

static void open_all(struct api_fixture *f, const char *const *quotas, bool is_unlimited)
{
    struct store_config store = { .data_dir = f->dir, .url = *f->url ? f->url : NULL };
    struct api_config api = { .region = REGION,
                              .playback_base = "http://127.0.0.1:8080",
                              .ingest_endpoint = "127.0.0.1:4443",
                              .rtmp_url = "rtmp://127.0.0.1:1935/app",
                              .rtmps_url = "rtmps://127.0.0.1:4443/app",
                              .srt_endpoint = "srt://127.0.0.1:9000",
                              .objects = &f->objects,
                              .is_unlimited = is_unlimited };

    assert_int_equal(store_open(&f->store, &store), 0);
    object_store_init(&f->objects, &one_bucket);
    f->live = live_registry_create(100);
    api.store = f->store;
    api.live = f->live;
    f->workers = worker_pool_create(1);
    api.workers = f->workers;
    quotas_init(&api.quotas);
    for (; quotas && *quotas; quotas++)
        assert_int_equal(quotas_set(&api.quotas, *quotas), 0);
    f->api = api_create(&api);
}

static void close_all(struct api_fixture *f)
{
    json_decref(f->answer);
    f->answer = NULL;
    worker_pool_destroy(f->workers);
    api_destroy(f->api);
    object_store_clear(&f->objects);
    live_registry_destroy(f->live);
    store_close(f->store);
}

/* --- PostgreSQL: one server a program, a schema a test --- */

#define MESON_SKIP 77

static struct postgres_fixture *server;

static void stop_server(void)
{
    postgres_fixture_destroy(server);
}

static void choose_store(struct api_fixture *f)
{
    const char *wanted = getenv("WEIR_TEST_STORE");

    if (!wanted || strcmp(wanted, "postgresql"))
        return;
    if (!server) {
        server = postgres_fixture_create();
        if (!server)
            exit(MESON_SKIP);
        atexit(stop_server);
    }
    snprintf(f->url, sizeof(f->url), "%s", postgres_fixture_new_url(server));
}

int api_fixture_setup(void **state)
{
    struct api_fixture *f = mem_zalloc(sizeof(*f));

    choose_store(f);
    clock_set_fake(1000000, NOW_MS * 1000);
    strcpy(f->dir, "/tmp/weir-api-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_create();
    open_all(f, NULL, true);
    f->key = api_fixture_key(f, ACCOUNT, access_key_administrator);
    *state = f;
    return 0;
}

static void remove_dir(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(dir);
}

int api_fixture_teardown(void **state)
{
    struct api_fixture *f = *state;

    close_all(f);
    arena_destroy(f->arena);
    remove_dir(f->dir);
    mem_free(f);
    return 0;
}

void api_fixture_restart(struct api_fixture *f, const char *const *quotas, bool is_unlimited)
{
    close_all(f);
    open_all(f, quotas, is_unlimited);
}

struct access_key api_fixture_key(struct api_fixture *f, const char *account, const char *policy)
{
    struct access_key_spec spec = { .account = account, .policy_json = policy };
    struct access_key key;

    access_key_make(&key, f->arena, &spec);
    assert_int_equal(access_key_add(f->store, &key), 0);
    return key;
}

/* --- calls --- */

int api_serve_request(struct api_fixture *f, const struct http_request *request)
{
    json_decref(f->answer);
    api_serve(f->api, f->arena, request, &f->reply);
    f->answer = f->reply.body_len ? json_loadb(f->reply.body, f->reply.body_len, 0, NULL) : NULL;
    return f->reply.status;
}

/* Adds what an SDK adds: host, date, session token, signature. */
static void sign(struct api_fixture *f, struct http_request *request, struct http_header *headers)
{
    struct sigv4_signer signer = { f->key.id, f->key.secret, REGION, "ivs" };
    struct sigv4_request r = { .method = request->method,
                               .path = request->path,
                               .query = request->query,
                               .headers = headers };
    char *date = arena_alloc(f->arena, SIGV4_DATE_SIZE);
    char *hash = arena_alloc(f->arena, SHA256_HEX_SIZE);
    size_t count = 0;

    sigv4_date(date, clock_wall_ms());
    sha256_hex(hash, request->body, request->body_len);
    headers[count++] = (struct http_header){ "host", request->host };
    headers[count++] = (struct http_header){ "x-amz-date", date };
    if (f->key.session_token)
        headers[count++] = (struct http_header){ "x-amz-security-token", f->key.session_token };
    r.header_count = count;
    r.payload_hash = hash;
    headers[count].name = "authorization";
    assert_int_equal(sigv4_sign(&headers[count++].value, f->arena, &signer, &r), 0);
    request->headers = headers;
    request->header_count = count;
}

int api_request(struct api_fixture *f, const char *method, const char *target, const char *body)
{
    char *path = arena_strdup(f->arena, target), *query = strchr(path, '?');
    struct http_header headers[8];
    struct http_request request = { .method = method,
                                    .target = target,
                                    .path = path,
                                    .query = query ? query + 1 : "",
                                    .host = "127.0.0.1:8080",
                                    .body = (const uint8_t *)body,
                                    .body_len = strlen(body),
                                    .peer = "127.0.0.1" };

    if (query)
        *query = '\0';
    sign(f, &request, headers);
    return api_serve_request(f, &request);
}

int api_call(struct api_fixture *f, const char *operation, const char *format, ...)
{
    va_list args;
    char *body;

    va_start(args, format);
    body = arena_vprintf(f->arena, format, args);
    va_end(args);
    return api_request(f, "POST", arena_printf(f->arena, "/%s", operation), body);
}

/* --- answers --- */

json_t *answer_at(struct api_fixture *f, const char *path)
{
    char *parts = arena_strdup(f->arena, path), *rest = NULL;
    json_t *at = f->answer;

    for (char *part = strtok_r(parts, ".", &rest); part; part = strtok_r(NULL, ".", &rest))
        at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
                               : json_object_get(at, part);
    return at;
}

const char *answer_text(struct api_fixture *f, const char *path)
{
    const char *text = json_string_value(answer_at(f, path));

    if (!text)
        fail_msg("no text at %s in %.*s", path, (int)f->reply.body_len, f->reply.body);
    return text ? arena_strdup(f->arena, text) : "";
}

const char *reply_header(struct api_fixture *f, const char *name)
{
    for (size_t i = 0; i < f->reply.header_count; i++)
        if (!strcmp(f->reply.headers[i].name, name))
            return f->reply.headers[i].value;
    return NULL;
}

void assert_error(struct api_fixture *f, const char *name, const char *words)
{
    const char *type = reply_header(f, "x-amzn-errortype");
    const char *message;

    if (!type)
        fail_msg("no error but %.*s", (int)f->reply.body_len, f->reply.body);
    assert_string_equal(type, name);
    message = answer_text(f, "exceptionMessage");
    assert_string_equal(message, answer_text(f, "message"));
    if (words && !strstr(message, words))
        fail_msg("\"%s\" is not in: %s", words, message);
}
