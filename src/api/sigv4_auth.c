/* SPDX-License-Identifier: Apache-2.0 */
/* Checks in the order AWS makes them: scope, clock, key, session, signature. Signing keys, four
 * hashes each, are kept for the few (key, day, region, service) that are in use at a time. */
#include "api/sigv4_auth.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/uri.h"
#include "store/access_key_cache.h"

#define SKEW_MS       (5 * 60 * 1000)
#define CACHE_SLOTS   256
#define SLOT_NAME_MAX 192

struct signing_key {
    char name[SLOT_NAME_MAX]; /* "<access key>/<scope>"; "" while empty */
    uint8_t key[SHA256_SIZE];
};

struct sigv4_auth {
    struct access_key_cache *keys;
    char *region;
    pthread_mutex_t lock; /* lock guards: cache */
    struct signing_key cache[CACHE_SLOTS];
};

struct sigv4_auth *sigv4_auth_create(const struct sigv4_auth_config *config)
{
    struct sigv4_auth *auth = mem_zalloc(sizeof(*auth));

    auth->keys = config->keys;
    auth->region = mem_strdup(config->region);
    pthread_mutex_init(&auth->lock, NULL);
    return auth;
}

void sigv4_auth_destroy(struct sigv4_auth *auth)
{
    if (!auth)
        return;
    pthread_mutex_destroy(&auth->lock);
    mem_free(auth->region);
    mem_free(auth);
}

static int refuse(struct auth_failure *failure, enum api_error error, const char *message)
{
    *failure = (struct auth_failure){ error, message };
    return -EACCES;
}

/* --- scope and clock --- */

static int check_scope(const struct sigv4_auth *auth, struct arena *arena,
                       const struct sigv4_claim *claim, const char *service,
                       struct auth_failure *failure)
{
    bool is_any_region = !strcmp(service, "sts"); /* a global service, called in all of them */

    if (strcmp(claim->service, service))
        return refuse(failure, API_INVALID_SIGNATURE,
                      arena_printf(arena,
                                   "Credential should be scoped to correct service: '%s', "
                                   "not '%s'.",
                                   service, claim->service));
    if (!is_any_region && strcmp(claim->region, auth->region))
        return refuse(failure, API_INVALID_SIGNATURE,
                      arena_printf(arena,
                                   "Credential should be scoped to a valid region: '%s', "
                                   "not '%s'.",
                                   auth->region, claim->region));
    return 0;
}

static int check_clock(struct arena *arena, const struct sigv4_claim *claim, int64_t now_ms,
                       struct auth_failure *failure)
{
    int64_t ends_ms = claim->date_ms + (claim->lifetime_ms ? claim->lifetime_ms : SKEW_MS);
    char now[SIGV4_DATE_SIZE];

    sigv4_date(now, now_ms);
    if (now_ms > ends_ms)
        return refuse(
            failure, API_INVALID_SIGNATURE,
            arena_printf(arena, "Signature expired: %s is now earlier than %s", claim->date, now));
    if (claim->date_ms > now_ms + SKEW_MS)
        return refuse(failure, API_INVALID_SIGNATURE,
                      arena_printf(arena, "Signature not yet current: %s is still later than %s",
                                   claim->date, now));
    return 0;
}

/* --- key and session --- */

static bool texts_equal(const char *a, const char *b)
{
    size_t len = strlen(a);

    return len == strlen(b) && secret_equal(a, b, len);
}

static bool is_session_right(const struct access_key *key, const struct sigv4_claim *claim)
{
    if (!key->session_token)
        return !claim->session_token;
    return claim->session_token && texts_equal(key->session_token, claim->session_token);
}

static int check_key(const struct access_key *key, const struct sigv4_claim *claim, int64_t now_ms,
                     struct auth_failure *failure)
{
    if (!key->is_enabled || !is_session_right(key, claim))
        return refuse(failure, API_UNRECOGNIZED_CLIENT,
                      "The security token included in the request is invalid.");
    if (key->expires_ms && now_ms >= key->expires_ms)
        return refuse(failure, API_EXPIRED_TOKEN,
                      "The security token included in the request is expired");
    return 0;
}

/* --- signature --- */

static void signing_key(struct sigv4_auth *auth, const struct access_key *key,
                        const struct sigv4_claim *claim, const char *name, uint8_t out[SHA256_SIZE])
{
    size_t len = strlen(name);
    struct signing_key *slot = &auth->cache[map_hash(name, len, 0) % CACHE_SLOTS];
    bool is_known;

    pthread_mutex_lock(&auth->lock);
    is_known = !strcmp(slot->name, name);
    if (is_known)
        memcpy(out, slot->key, SHA256_SIZE);
    pthread_mutex_unlock(&auth->lock);
    if (is_known)
        return;
    sigv4_signing_key(out, key->secret, claim->date, claim->region, claim->service);
    if (len >= SLOT_NAME_MAX)
        return;
    pthread_mutex_lock(&auth->lock);
    memcpy(slot->name, name, len + 1);
    memcpy(slot->key, out, SHA256_SIZE);
    pthread_mutex_unlock(&auth->lock);
}

/* What is signed as the hash of the body; NULL with `failure`. botocore sends no header, so that
 * the hash is ours to make; the JavaScript presigner moves the header into the query. */
static const char *payload_hash(struct arena *arena, const struct http_request *request,
                                struct auth_failure *failure)
{
    char *hash = arena_alloc(arena, SHA256_HEX_SIZE);
    const char *given = http_header(request, "x-amz-content-sha256");

    if (!given)
        given = uri_find_parameter(arena, request->query, "X-Amz-Content-Sha256");
    if (given && !strcmp(given, SIGV4_UNSIGNED_BODY)) {
        if (request->is_tls)
            return SIGV4_UNSIGNED_BODY;
        refuse(failure, API_INVALID_SIGNATURE, "UNSIGNED-PAYLOAD is accepted over TLS only");
        return NULL;
    }
    sha256_hex(hash, request->body, request->body_len);
    if (given && !texts_equal(given, hash)) {
        refuse(failure, API_INVALID_SIGNATURE,
               "The x-amz-content-sha256 header does not match the body");
        return NULL;
    }
    return hash;
}

/* HTTP/2 sends the host as :authority. */
static void add_host(struct sigv4_request *r, struct arena *arena,
                     const struct http_request *request)
{
    struct http_header *headers;

    if (http_header(request, "host"))
        return;
    headers = arena_alloc(arena, (r->header_count + 1) * sizeof(*headers));
    if (r->header_count)
        memcpy(headers, r->headers, r->header_count * sizeof(*headers));
    headers[r->header_count++] = (struct http_header){ "host", request->host };
    r->headers = headers;
}

static int check_signature(struct sigv4_auth *auth, struct arena *arena,
                           const struct http_request *request, const struct sigv4_claim *claim,
                           const struct access_key *key, struct auth_failure *failure)
{
    struct sigv4_request r = {
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .headers = request->headers,
        .header_count = request->header_count,
        .signed_headers = claim->signed_headers,
        .payload_hash = payload_hash(arena, request, failure),
    };
    const char *name = arena_printf(arena, "%s/%s", key->id, claim->scope);
    uint8_t secret[SHA256_SIZE];
    char signature[SHA256_HEX_SIZE];

    if (!r.payload_hash)
        return -EACCES;
    add_host(&r, arena, request);
    signing_key(auth, key, claim, name, secret);
    if (sigv4_signature(signature, secret, claim->date, claim->scope, &r) ||
        !texts_equal(signature, claim->signature))
        return refuse(failure, API_INVALID_SIGNATURE,
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your AWS Secret Access Key and signing method. Consult the "
                      "service documentation for details.");
    return 0;
}

int sigv4_auth_verify(struct sigv4_auth *auth, struct arena *arena,
                      const struct http_request *request, const char *service, int64_t now_ms,
                      const struct cached_key **out, struct auth_failure *failure)
{
    const struct cached_key *cached;
    struct sigv4_claim claim;
    int err = sigv4_claim_read(&claim, arena, request, failure);

    if (!err)
        err = check_scope(auth, arena, &claim, service, failure);
    if (!err)
        err = check_clock(arena, &claim, now_ms, failure);
    if (err)
        return err;
    err = access_key_cache_find(auth->keys, claim.access_key, &cached);
    if (err == -ENOENT)
        return refuse(failure, API_UNRECOGNIZED_CLIENT,
                      "The security token included in the request is invalid.");
    if (err)
        return err;
    err = check_key(&cached->key, &claim, now_ms, failure);
    if (!err)
        err = check_signature(auth, arena, request, &claim, &cached->key, failure);
    if (err)
        cached_key_unref(cached);
    else
        *out = cached;
    return err;
}
