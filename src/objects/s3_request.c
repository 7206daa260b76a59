/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/s3_request.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "net/sigv4.h"
#include "net/uri.h"
#include "objects/aws_credentials.h"

#define BUCKET_MARK  "{bucket}"
#define PATH_MAX_LEN ((size_t)8 * 1024) /* a key of 1024 bytes, each of them %XX, and a prefix */
#define OWN_HEADERS  5                  /* host, hash, date, session token, authorization */

/* --- the endpoint --- */

static bool is_authority(const char *text, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".-:[]{}";

    return len && strspn(text, allowed) >= len && *text != ':';
}

/* `len` bytes of `authority`, port and all, end as AWS's hosts do. */
static bool is_host_of_aws(const char *authority)
{
    static const char *const endings[] = { ".amazonaws.com", ".amazonaws.com.cn" };
    size_t len = strcspn(authority, ":");

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t end_len = strlen(endings[i]);

        if (len > end_len && !memcmp(authority + len - end_len, endings[i], end_len))
            return true;
    }
    return false;
}

int s3_endpoint_parse(struct s3_endpoint *out, struct arena *arena, const char *url)
{
    const char *colon = strstr(url, "://"), *authority, *path;
    size_t path_len;

    if (!colon || (strncmp(url, "http://", 7) && strncmp(url, "https://", 8)))
        return -EINVAL;
    authority = colon + 3;
    path = authority + strcspn(authority, "/");
    path_len = strlen(path);
    while (path_len && path[path_len - 1] == '/')
        path_len--;
    if (!is_authority(authority, (size_t)(path - authority)) || strcspn(path, "?#% ") < path_len)
        return -EINVAL;
    out->scheme = arena_strndup(arena, url, (size_t)(colon - url));
    out->authority = arena_strndup(arena, authority, (size_t)(path - authority));
    out->path = arena_strndup(arena, path, path_len);
    out->is_aws = is_host_of_aws(out->authority);
    return 0;
}

/* --- where a request goes --- */

struct place {
    const char *authority;
    const char *path;
};

static const char *authority_of(struct arena *arena, const struct s3_endpoint *endpoint,
                                const char *bucket)
{
    const char *mark = strstr(endpoint->authority, BUCKET_MARK);

    if (mark)
        return arena_printf(arena, "%.*s%s%s", (int)(mark - endpoint->authority),
                            endpoint->authority, bucket, mark + strlen(BUCKET_MARK));
    if (endpoint->is_aws && !strchr(bucket, '.'))
        return arena_printf(arena, "%s.%s", bucket, endpoint->authority);
    return endpoint->authority;
}

static void append_key(struct buf *out, const char *key)
{
    for (; *key; key++) {
        if (*key == '/')
            buf_append_u8(out, '/');
        else
            uri_encode(out, key, 1);
    }
}

static int find_place(struct place *out, struct arena *arena, const struct s3_endpoint *endpoint,
                      const struct s3_request *request)
{
    bool is_virtual;
    struct buf path;
    int err;

    out->authority = authority_of(arena, endpoint, request->bucket);
    is_virtual = out->authority != endpoint->authority;
    buf_init(&path, PATH_MAX_LEN);
    buf_append_str(&path, endpoint->path);
    if (!is_virtual)
        buf_printf(&path, "/%s", request->bucket);
    if (is_virtual || request->key)
        buf_append_u8(&path, '/');
    if (request->key)
        append_key(&path, request->key);
    err = path.err;
    out->path = arena_strdup(arena, buf_str(&path));
    buf_clear(&path);
    return err;
}

/* --- the signature --- */

static struct http_header *own_headers(struct s3_signed_request *out, struct arena *arena,
                                       const struct place *place, int64_t wall_ms,
                                       const struct aws_credentials *credentials,
                                       const struct s3_request *request)
{
    struct http_header *headers =
        arena_alloc(arena, (OWN_HEADERS + request->header_count) * sizeof(*headers));
    char *date = arena_alloc(arena, SIGV4_DATE_SIZE);
    char *hash = arena_alloc(arena, SHA256_HEX_SIZE);
    size_t count = 0;

    sigv4_date(date, wall_ms);
    sha256_hex(hash, request->body, request->body_len);
    headers[count++] = (struct http_header){ "host", place->authority };
    headers[count++] = (struct http_header){ "x-amz-content-sha256", hash };
    headers[count++] = (struct http_header){ "x-amz-date", date };
    if (credentials->session_token)
        headers[count++] =
            (struct http_header){ "x-amz-security-token", credentials->session_token };
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] = request->headers[i];
    out->headers = headers;
    out->header_count = count;
    return headers;
}

int s3_request_sign(struct s3_signed_request *out, struct arena *arena,
                    const struct s3_endpoint *endpoint, const struct aws_credentials *credentials,
                    const char *region, int64_t wall_ms, const struct s3_request *request)
{
    struct sigv4_signer signer = { credentials->access_key, credentials->secret, region, "s3" };
    struct sigv4_request r = { .method = request->method,
                               .query = request->query,
                               .keeps_path = true };
    struct http_header *headers;
    struct place place;
    int err = find_place(&place, arena, endpoint, request);

    if (err)
        return err;
    headers = own_headers(out, arena, &place, wall_ms, credentials, request);
    r.path = place.path;
    r.headers = headers;
    r.header_count = out->header_count;
    r.payload_hash = headers[1].value;
    headers[out->header_count].name = "authorization";
    err = sigv4_sign(&headers[out->header_count].value, arena, &signer, &r);
    out->header_count++;
    out->url = arena_printf(arena, "%s://%s%s%s%s", endpoint->scheme, place.authority, place.path,
                            *request->query ? "?" : "", request->query);
    return err;
}
