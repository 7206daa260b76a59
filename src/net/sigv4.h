/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4: what both who verifies and who signs a request compute.
 *
 *   request -> canonical request -> string to sign -> signature
 *                       secret -> signing key (a day, region and service) --^
 *
 * Pure. Thread: any. */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "net/http_server.h"

struct arena;
struct buf;

#define SIGV4_ALGORITHM     "AWS4-HMAC-SHA256"
#define SIGV4_UNSIGNED_BODY "UNSIGNED-PAYLOAD"
#define SIGV4_DATE_SIZE     17 /* 20150830T123600Z and a NUL */
#define SIGV4_DAY_LEN       8  /* of a date, its first part */

struct sigv4_request {
    const char *method;
    const char *path;  /* as in the request line */
    const char *query; /* as in the request line, "" if none; X-Amz-Signature is left out */
    const struct http_header *headers; /* names in lower case */
    size_t header_count;
    const char *signed_headers; /* names in lower case, in order: "host;x-amz-date" */
    const char *payload_hash;   /* hexadecimal, or SIGV4_UNSIGNED_BODY */
    /* S3 signs the path as it is; all other services remove dot segments and empty ones and encode
     * what is left once more. */
    bool keeps_path;
};

/* Appends to `out`. -EINVAL if a signed header is missing from the request, -E2BIG for a query of
 * too many parameters, -EMSGSIZE past the ceiling of `out`. */
int sigv4_canonical_request(struct buf *out, const struct sigv4_request *r);

/* The key of one day (the first eight characters of `date`), region and service. */
void sigv4_signing_key(uint8_t key[SHA256_SIZE], const char *secret, const char *date,
                       const char *region, const char *service);

/* `scope` is "20150830/us-east-1/ivs/aws4_request", `date` is "20150830T123600Z". Errors of
 * sigv4_canonical_request(); the ceiling is 64 kB. */
int sigv4_signature(char out[SHA256_HEX_SIZE], const uint8_t key[SHA256_SIZE], const char *date,
                    const char *scope, const struct sigv4_request *r);

/* "20150830T123600Z". */
void sigv4_date(char out[SIGV4_DATE_SIZE], int64_t wall_ms);
/* Milliseconds since 1970, -1 if `date` is not of that form. */
int64_t sigv4_parse_date(const char *date);

/* --- signing requests of our own --- */

struct sigv4_signer {
    const char *access_key;
    const char *secret;
    const char *region;
    const char *service;
};

/* Signs all headers of `r`, host and x-amz-date among them; `signed_headers` is ignored. `out` is
 * the value of the Authorization header, in the arena. Errors as above. */
int sigv4_sign(const char **out, struct arena *arena, const struct sigv4_signer *signer,
               const struct sigv4_request *r);

#endif
