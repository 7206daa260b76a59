/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4, as the IAM user guide's "Create a signed AWS API request" has it. */
#include "net/sigv4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "net/uri.h"

#define CANONICAL_MAX  ((size_t)64 * 1024)
#define PARAMETERS_MAX 128
#define HEADERS_MAX    128

/* --- encoding --- */

/* However the sender encoded it, in the one form that is signed. */
static void encode_again(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        char c = (char)uri_decode_byte(text, len, &i);

        uri_encode(out, &c, 1);
    }
}

/* --- path --- */

static void encode_kept_path(struct buf *out, const char *path)
{
    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");

        encode_again(out, at, len);
        at += len;
        if (*at == '/')
            buf_append_u8(out, (uint8_t)*at++);
    }
}

/* Takes the last "/segment" off `out`, which began at `start`. */
static void drop_segment(struct buf *out, size_t start)
{
    size_t len = out->len;

    while (len > start && out->data[--len] != '/')
        ;
    buf_truncate(out, len);
}

/* RFC 3986 5.2.4 without the empty segments, then encoded: %3A, as it came, becomes %253A. */
static void encode_normal_path(struct buf *out, const char *path)
{
    size_t start = out->len;

    for (const char *at = path; *at;) {
        size_t len = strcspn(at, "/");

        if (len == 2 && !memcmp(at, "..", 2)) {
            drop_segment(out, start);
        } else if (len && !(len == 1 && *at == '.')) {
            buf_append_u8(out, '/');
            uri_encode(out, at, len);
        }
        at += len;
        if (*at == '/')
            at++;
    }
    if (out->len == start || path[strlen(path) - 1] == '/')
        buf_append_u8(out, '/');
}

/* --- query --- */

struct parameter { /* both parts encoded */
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

static int compare_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    if (order)
        return order;
    return (a_len > b_len) - (a_len < b_len);
}

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = compare_text(a->name, a->name_len, b->name, b->name_len);

    return order ? order : compare_text(a->value, a->value_len, b->value, b->value_len);
}

static bool is_signature(const char *name, size_t len)
{
    return len == strlen("X-Amz-Signature") && !memcmp(name, "X-Amz-Signature", len);
}

/* Splits the query, which is encoded into `text` (large enough not to move). */
static int split_query(struct parameter *list, size_t *count, struct buf *text, const char *query)
{
    struct uri_parameter raw;

    while (uri_next_parameter(&query, &raw)) {
        struct parameter *p = &list[*count];

        if (is_signature(raw.name, raw.name_len))
            continue;
        if (*count == PARAMETERS_MAX)
            return -E2BIG;
        p->name = (const char *)text->data + text->len;
        encode_again(text, raw.name, raw.name_len);
        p->value = (const char *)text->data + text->len;
        p->name_len = (size_t)(p->value - p->name);
        encode_again(text, raw.value, raw.value_len);
        p->value_len = (size_t)((const char *)text->data + text->len - p->value);
        (*count)++;
    }
    return 0;
}

static int append_query(struct buf *out, const char *query)
{
    struct parameter list[PARAMETERS_MAX];
    struct buf text;
    size_t count = 0;
    int err;

    if (!*query)
        return 0;
    buf_init(&text, 3 * strlen(query));
    buf_reserve(&text, 3 * strlen(query)); /* all it may need: what points into it stays valid */
    err = split_query(list, &count, &text, query);
    if (err)
        goto out;
    qsort(list, count, sizeof(list[0]), compare_parameters);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_append_u8(out, '&');
        buf_append(out, list[i].name, list[i].name_len);
        buf_append_u8(out, '=');
        buf_append(out, list[i].value, list[i].value_len);
    }
out:
    buf_clear(&text);
    return err;
}

/* --- headers --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without blanks around it, and one space for those inside. */
static void append_trimmed(struct buf *out, const char *value)
{
    size_t start = out->len;

    while (*value) {
        size_t len = 0;

        while (is_blank(*value))
            value++;
        while (value[len] && !is_blank(value[len]))
            len++;
        if (len && out->len > start)
            buf_append_u8(out, ' ');
        buf_append(out, value, len);
        value += len;
    }
}

static int append_header(struct buf *out, const struct sigv4_request *r, const char *name,
                         size_t len)
{
    bool is_found = false;

    for (size_t i = 0; i < r->header_count; i++) {
        if (strncmp(r->headers[i].name, name, len) || r->headers[i].name[len])
            continue;
        buf_append(out, is_found ? "," : name, is_found ? 1 : len);
        if (!is_found)
            buf_append_u8(out, ':');
        append_trimmed(out, r->headers[i].value);
        is_found = true;
    }
    buf_append_u8(out, '\n');
    return is_found ? 0 : -EINVAL;
}

static int append_headers(struct buf *out, const struct sigv4_request *r)
{
    int err;

    for (const char *at = r->signed_headers; *at;) {
        size_t len = strcspn(at, ";");

        err = append_header(out, r, at, len);
        if (err)
            return err;
        at += len;
        if (*at == ';')
            at++;
    }
    return 0;
}

/* --- from the request to the signature --- */

int sigv4_canonical_request(struct buf *out, const struct sigv4_request *r)
{
    int err;

    buf_append_str(out, r->method);
    buf_append_u8(out, '\n');
    if (r->keeps_path)
        encode_kept_path(out, r->path);
    else
        encode_normal_path(out, r->path);
    buf_append_u8(out, '\n');
    err = append_query(out, r->query);
    if (err)
        return err;
    buf_append_u8(out, '\n');
    err = append_headers(out, r);
    if (err)
        return err;
    buf_append_u8(out, '\n');
    buf_append_str(out, r->signed_headers);
    buf_append_u8(out, '\n');
    buf_append_str(out, r->payload_hash);
    return out->err;
}

void sigv4_signing_key(uint8_t key[SHA256_SIZE], const char *secret, const char *date,
                       const char *region, const char *service)
{
    char *first = mem_printf("AWS4%s", secret);

    hmac_sha256(key, first, strlen(first), date, SIGV4_DAY_LEN);
    hmac_sha256(key, key, SHA256_SIZE, region, strlen(region));
    hmac_sha256(key, key, SHA256_SIZE, service, strlen(service));
    hmac_sha256(key, key, SHA256_SIZE, "aws4_request", strlen("aws4_request"));
    mem_free(first);
}

int sigv4_signature(char out[SHA256_HEX_SIZE], const uint8_t key[SHA256_SIZE], const char *date,
                    const char *scope, const struct sigv4_request *r)
{
    uint8_t digest[SHA256_SIZE];
    char hash[SHA256_HEX_SIZE];
    struct buf text;
    int err;

    buf_init(&text, CANONICAL_MAX);
    err = sigv4_canonical_request(&text, r);
    if (err)
        goto out;
    sha256_hex(hash, text.data, text.len);
    buf_reset(&text);
    err = buf_printf(&text, SIGV4_ALGORITHM "\n%s\n%s\n%s", date, scope, hash);
    if (err)
        goto out;
    hmac_sha256(digest, key, SHA256_SIZE, text.data, text.len);
    hex_encode(out, digest, sizeof(digest));
out:
    buf_clear(&text);
    return err;
}

/* --- dates --- */

void sigv4_date(char out[SIGV4_DATE_SIZE], int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(out, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &tm);
}

int64_t sigv4_parse_date(const char *date)
{
    static const char form[] = "00000000T000000Z";
    char again[SIGV4_DATE_SIZE];
    struct tm tm = { 0 };
    int64_t wall_ms;

    for (int i = 0; i < SIGV4_DATE_SIZE; i++) {
        bool is_digit = date[i] >= '0' && date[i] <= '9';

        if (form[i] == '0' ? !is_digit : date[i] != form[i])
            return -1;
    }
    sscanf(date, "%4d%2d%2dT%2d%2d%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
           &tm.tm_min, &tm.tm_sec);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    wall_ms = (int64_t)timegm(&tm) * 1000;
    sigv4_date(again, wall_ms);
    return strcmp(again, date) ? -1 : wall_ms; /* there is no 31st of June */
}

/* --- signing requests of our own --- */

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int name_headers(struct buf *out, const struct sigv4_request *r)
{
    const char *names[HEADERS_MAX];

    if (r->header_count > HEADERS_MAX)
        return -E2BIG;
    for (size_t i = 0; i < r->header_count; i++)
        names[i] = r->headers[i].name;
    qsort(names, r->header_count, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < r->header_count; i++) {
        if (i && !strcmp(names[i], names[i - 1]))
            continue;
        buf_printf(out, "%s%s", i ? ";" : "", names[i]);
    }
    return out->err;
}

static const char *find_date(const struct sigv4_request *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (!strcmp(r->headers[i].name, "x-amz-date"))
            return r->headers[i].value;
    return NULL;
}

int sigv4_sign(const char **out, struct arena *arena, const struct sigv4_signer *signer,
               const struct sigv4_request *r)
{
    struct sigv4_request copy = *r;
    const char *date = find_date(r);
    uint8_t key[SHA256_SIZE];
    char signature[SHA256_HEX_SIZE];
    struct buf names;
    char *scope;
    int err;

    buf_init(&names, CANONICAL_MAX);
    err = date && sigv4_parse_date(date) >= 0 ? name_headers(&names, r) : -EINVAL;
    if (err)
        goto out;
    copy.signed_headers = buf_str(&names);
    scope = arena_printf(arena, "%.*s/%s/%s/aws4_request", SIGV4_DAY_LEN, date, signer->region,
                         signer->service);
    sigv4_signing_key(key, signer->secret, date, signer->region, signer->service);
    err = sigv4_signature(signature, key, date, scope, &copy);
    if (err)
        goto out;
    *out = arena_printf(arena, SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        signer->access_key, scope, copy.signed_headers, signature);
out:
    buf_clear(&names);
    return err;
}
