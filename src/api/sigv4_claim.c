/* SPDX-License-Identifier: Apache-2.0 */
/* What a signed request says of itself: the Authorization header, or the query of a presigned URL.
 * IAM user guide, "Elements of an AWS API request signature". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/sigv4_auth.h"
#include "base/arena.h"
#include "net/http_server.h"
#include "net/uri.h"

#define LIFETIME_MAX_S (7 * 24 * 60 * 60)

static int incomplete(struct auth_failure *failure, const char *message)
{
    *failure = (struct auth_failure){ API_INCOMPLETE_SIGNATURE, message };
    return -EACCES;
}

/* The value of `name` in "Credential=..., SignedHeaders=..., Signature=...". */
static const char *find_part(struct arena *arena, const char *parts, const char *name)
{
    size_t len = strlen(name);

    while (*parts) {
        parts += strspn(parts, ", ");
        if (!strncmp(parts, name, len) && parts[len] == '=')
            return arena_strndup(arena, parts + len + 1, strcspn(parts + len + 1, ", "));
        parts += strcspn(parts, ",");
    }
    return NULL;
}

/* Cuts `text` at the last slash: returns what is behind it, NULL if there is none. */
static char *cut_last(char *text)
{
    char *slash = strrchr(text, '/');

    if (!slash)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

/* "<access key>/<day>/<region>/<service>/aws4_request"; the key id may itself hold slashes. */
static int read_credential(struct sigv4_claim *out, struct arena *arena, const char *credential,
                           struct auth_failure *failure)
{
    char *text = arena_strdup(arena, credential);
    char *last = cut_last(text);
    char *service = last ? cut_last(text) : NULL;
    char *region = service ? cut_last(text) : NULL;
    char *day = region ? cut_last(text) : NULL;

    if (!day || strlen(day) != SIGV4_DAY_LEN || strcmp(last, "aws4_request") || !*region ||
        !*service || !*text)
        return incomplete(failure, "Credential must have exactly 5 slash-delimited elements, "
                                   "e.g. keyid/date/region/service/aws4_request");
    out->access_key = text;
    memcpy(out->day, day, sizeof(out->day));
    out->region = region;
    out->service = service;
    out->scope = arena_printf(arena, "%s/%s/%s/aws4_request", day, region, service);
    return 0;
}

/* Both the basic form of ISO 8601 and that of HTTP's Date header. */
static bool read_date(struct sigv4_claim *out, const char *text)
{
    struct tm tm = { 0 };
    const char *end;

    out->date_ms = sigv4_parse_date(text);
    if (out->date_ms < 0) {
        end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        if (!end || *end)
            return false;
        out->date_ms = (int64_t)timegm(&tm) * 1000;
    }
    sigv4_date(out->date, out->date_ms);
    return true;
}

static bool lists_header(const char *list, const char *name)
{
    size_t len = strlen(name);

    for (; *list; list += list[strcspn(list, ";")] ? strcspn(list, ";") + 1 : strcspn(list, ";"))
        if (!strncmp(list, name, len) && (list[len] == ';' || !list[len]))
            return true;
    return false;
}

/* --- in the headers --- */

static int check_parts(const struct sigv4_claim *claim, const char *credential,
                       struct auth_failure *failure)
{
    if (!credential)
        return incomplete(failure, "Authorization header requires 'Credential' parameter");
    if (!claim->signed_headers)
        return incomplete(failure, "Authorization header requires 'SignedHeaders' parameter");
    if (!claim->signature)
        return incomplete(failure, "Authorization header requires 'Signature' parameter");
    return 0;
}

static int read_header_date(struct sigv4_claim *out, const struct http_request *request,
                            struct auth_failure *failure)
{
    const char *name = "x-amz-date";
    const char *date = http_header(request, name);

    if (!date) {
        name = "date";
        date = http_header(request, name);
    }
    if (!date || !read_date(out, date))
        return incomplete(failure, "Date must be in ISO-8601 'basic format', as in "
                                   "x-amz-date: 20150830T123600Z");
    if (!lists_header(out->signed_headers, "host") || !lists_header(out->signed_headers, name))
        return incomplete(failure, "'Host' and the date must be signed headers");
    return 0;
}

static int read_headers(struct sigv4_claim *out, struct arena *arena,
                        const struct http_request *request, const char *authorization,
                        struct auth_failure *failure)
{
    const char *parts = authorization + strlen(SIGV4_ALGORITHM);
    const char *credential;
    int err;

    if (strncmp(authorization, SIGV4_ALGORITHM " ", strlen(SIGV4_ALGORITHM) + 1))
        return incomplete(failure, "Unsupported authorization algorithm: AWS4-HMAC-SHA256 is "
                                   "required");
    credential = find_part(arena, parts, "Credential");
    out->signed_headers = find_part(arena, parts, "SignedHeaders");
    out->signature = find_part(arena, parts, "Signature");
    out->session_token = http_header(request, "x-amz-security-token");
    err = check_parts(out, credential, failure);
    if (!err)
        err = read_credential(out, arena, credential, failure);
    if (!err)
        err = read_header_date(out, request, failure);
    return err;
}

/* --- in the query --- */

static int read_query(struct sigv4_claim *out, struct arena *arena,
                      const struct http_request *request, const char *algorithm,
                      struct auth_failure *failure)
{
    const char *query = request->query;
    const char *credential = uri_find_parameter(arena, query, "X-Amz-Credential");
    const char *date = uri_find_parameter(arena, query, "X-Amz-Date");
    const char *expires = uri_find_parameter(arena, query, "X-Amz-Expires");
    long seconds = expires ? strtol(expires, NULL, 10) : 0;

    out->signed_headers = uri_find_parameter(arena, query, "X-Amz-SignedHeaders");
    out->signature = uri_find_parameter(arena, query, "X-Amz-Signature");
    out->session_token = uri_find_parameter(arena, query, "X-Amz-Security-Token");
    if (strcmp(algorithm, SIGV4_ALGORITHM))
        return incomplete(failure, "X-Amz-Algorithm must be AWS4-HMAC-SHA256");
    if (!credential || !date || !out->signed_headers || !out->signature)
        return incomplete(failure, "A presigned URL requires X-Amz-Credential, X-Amz-Date, "
                                   "X-Amz-Expires, X-Amz-SignedHeaders and X-Amz-Signature");
    if (seconds < 1 || seconds > LIFETIME_MAX_S)
        return incomplete(failure, "X-Amz-Expires must be between 1 and 604800 seconds");
    if (!read_date(out, date))
        return incomplete(failure, "X-Amz-Date must be in ISO-8601 'basic format'");
    if (!lists_header(out->signed_headers, "host"))
        return incomplete(failure, "'Host' must be a signed header");
    out->lifetime_ms = (int64_t)seconds * 1000;
    return read_credential(out, arena, credential, failure);
}

int sigv4_claim_read(struct sigv4_claim *out, struct arena *arena,
                     const struct http_request *request, struct auth_failure *failure)
{
    const char *authorization = http_header(request, "authorization");
    const char *algorithm;
    int err;

    *out = (struct sigv4_claim){ 0 };
    if (authorization) {
        err = read_headers(out, arena, request, authorization, failure);
    } else {
        algorithm = uri_find_parameter(arena, request->query, "X-Amz-Algorithm");
        if (!algorithm) {
            *failure =
                (struct auth_failure){ API_MISSING_AUTHENTICATION, "Missing Authentication Token" };
            return -EACCES;
        }
        err = read_query(out, arena, request, algorithm, failure);
    }
    if (!err && strncmp(out->day, out->date, SIGV4_DAY_LEN))
        return incomplete(failure, "Date in Credential scope does not match that of the request");
    return err;
}
