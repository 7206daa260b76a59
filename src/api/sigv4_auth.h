/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls: verifies a request signed with Signature Version 4, in its headers or as a presigned
 * URL. Thread: any that may block. */
#ifndef API_SIGV4_AUTH_H
#define API_SIGV4_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api_error.h"
#include "net/sigv4.h"

struct access_key_cache;
struct arena;
struct cached_key;
struct http_request;
struct sigv4_auth;

struct sigv4_auth_config {
    struct access_key_cache *keys; /* outlives it */
    const char *region;
};

/* Returns owned. */
struct sigv4_auth *sigv4_auth_create(const struct sigv4_auth_config *config);
/* NULL is fine. */
void sigv4_auth_destroy(struct sigv4_auth *auth);

struct auth_failure {
    enum api_error error;
    const char *message;
};

/* `service` is the one that the signature must be for, "ivs"; with "sts" any region will do. On
 * success `*out` is the caller's key, with a reference: cached_key_unref(). -EACCES: `failure` says
 * why not; otherwise as access_key_cache_find(). */
int sigv4_auth_verify(struct sigv4_auth *auth, struct arena *arena,
                      const struct http_request *request, const char *service, int64_t now_ms,
                      const struct cached_key **out, struct auth_failure *failure);

/* What a request claims of itself, unverified: the parsing half, for its tests and fuzzer. */
struct sigv4_claim {
    const char *access_key;
    char day[SIGV4_DAY_LEN + 1];
    const char *region;
    const char *service;
    const char *scope; /* the last three with "aws4_request" */
    char date[SIGV4_DATE_SIZE];
    int64_t date_ms;
    const char *signed_headers;
    const char *signature;
    const char *session_token; /* NULL: none */
    int64_t lifetime_ms;       /* of a presigned URL; 0: signed in its headers */
};

/* Strings live in the arena. -EACCES with `failure`. */
int sigv4_claim_read(struct sigv4_claim *out, struct arena *arena,
                     const struct http_request *request, struct auth_failure *failure);

#endif
