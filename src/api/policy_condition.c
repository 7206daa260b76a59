/* SPDX-License-Identifier: Apache-2.0 */
/* IAM user guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".
 */
#include "api/policy_condition.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/policy.h"
#include "base/arena.h"
#include "base/mem.h"

#define VALUES_MAX      64 /* of a key in a request: its tags */
#define ARN_PARTS       6
#define ARN_PATTERN_MAX 256

/* --- comparing one value with one of the policy --- */

bool policy_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool equals(const char *pattern, const char *value)
{
    return !strcmp(pattern, value);
}

static bool equals_ignoring_case(const char *pattern, const char *value)
{
    return !strcasecmp(pattern, value);
}

/* One of the colon-separated parts of an ARN; the last takes the rest. */
static bool copy_part(char *out, size_t size, const char **at, bool is_last)
{
    size_t len = is_last ? strlen(*at) : strcspn(*at, ":");

    if (len >= size)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at += len;
    if (is_last)
        return true;
    return *(*at)++ == ':';
}

/* Part by part, so that a * does not reach across a colon. */
static bool arn_matches(const char *pattern, const char *value)
{
    char wanted[ARN_PATTERN_MAX], got[ARN_PATTERN_MAX];

    for (int i = 0; i < ARN_PARTS; i++) {
        bool is_last = i == ARN_PARTS - 1;

        if (!copy_part(wanted, sizeof(wanted), &pattern, is_last) ||
            !copy_part(got, sizeof(got), &value, is_last) || !policy_matches(wanted, got))
            return false;
    }
    return true;
}

struct ip {
    uint8_t bytes[16];
    int bits; /* 32 or 128 */
};

static bool parse_ip(struct ip *out, const char *text)
{
    *out = (struct ip){ .bits = 32 };
    if (inet_pton(AF_INET, text, out->bytes) == 1)
        return true;
    out->bits = 128;
    return inet_pton(AF_INET6, text, out->bytes) == 1;
}

/* "192.0.2.0/24" or a single address. */
static bool parse_range(struct ip *ip, int *prefix, const char *text)
{
    char address[64];
    size_t len = strcspn(text, "/");
    char *end;

    if (len >= sizeof(address))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    if (!parse_ip(ip, address))
        return false;
    *prefix = ip->bits;
    if (!text[len])
        return true;
    *prefix = (int)strtol(text + len + 1, &end, 10);
    return end != text + len + 1 && !*end && *prefix >= 0 && *prefix <= ip->bits;
}

static bool ip_matches(const char *range, const char *value)
{
    struct ip ip, wanted;
    int prefix;

    if (!parse_range(&wanted, &prefix, range) || !parse_ip(&ip, value) || ip.bits != wanted.bits)
        return false;
    for (int i = 0; i < prefix; i++) {
        uint8_t bit = (uint8_t)(0x80 >> (i % 8));

        if ((ip.bytes[i / 8] ^ wanted.bytes[i / 8]) & bit)
            return false;
    }
    return true;
}

static bool is_ip_range(const char *text)
{
    struct ip ip;
    int prefix;

    return parse_range(&ip, &prefix, text);
}

static bool is_arn_pattern(const char *text)
{
    return strlen(text) < ARN_PATTERN_MAX;
}

static bool is_truth_value(const char *text)
{
    return !strcasecmp(text, "true") || !strcasecmp(text, "false");
}

/* --- operators --- */

struct comparison {
    const char *name;
    bool (*matches)(const char *pattern,
                    const char *value); /* NULL: asks whether the key is there */
    bool is_negated;
    bool (*is_valid)(const char *pattern); /* NULL: any text */
};

/* clang-format off */
static const struct comparison comparisons[] = {
    { "StringEquals",              equals, false, NULL },
    { "StringNotEquals",           equals, true, NULL },
    { "StringEqualsIgnoreCase",    equals_ignoring_case, false, NULL },
    { "StringNotEqualsIgnoreCase", equals_ignoring_case, true, NULL },
    { "StringLike",                policy_matches, false, NULL },
    { "StringNotLike",             policy_matches, true, NULL },
    { "ArnEquals",                 arn_matches, false, is_arn_pattern },
    { "ArnNotEquals",              arn_matches, true, is_arn_pattern },
    { "ArnLike",                   arn_matches, false, is_arn_pattern },
    { "ArnNotLike",                arn_matches, true, is_arn_pattern },
    { "Bool",                      equals_ignoring_case, false, is_truth_value },
    { "IpAddress",                 ip_matches, false, is_ip_range },
    { "NotIpAddress",              ip_matches, true, is_ip_range },
    { "Null",                      NULL, false, is_truth_value },
};
/* clang-format on */

/* `len` letters of `name`. */
static const struct comparison *find_comparison(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(comparisons); i++)
        if (strlen(comparisons[i].name) == len && !strncasecmp(comparisons[i].name, name, len))
            return &comparisons[i];
    return NULL;
}

/* --- keys --- */

enum key { KEY_RESOURCE_TAG, KEY_REQUEST_TAG, KEY_TAG_KEYS, KEY_SOURCE_IP, KEY_SECURE_TRANSPORT };

struct key_name {
    const char *name;
    enum key key;
    bool has_tag;   /* "aws:ResourceTag/<key>" */
    bool is_plural; /* has any number of values */
};

/* clang-format off */
static const struct key_name key_names[] = {
    { "aws:ResourceTag/",    KEY_RESOURCE_TAG, true, false },
    { "aws:RequestTag/",     KEY_REQUEST_TAG, true, false },
    { "aws:TagKeys",         KEY_TAG_KEYS, false, true },
    { "aws:SourceIp",        KEY_SOURCE_IP, false, false },
    { "aws:SecureTransport", KEY_SECURE_TRANSPORT, false, false },
};
/* clang-format on */

static const struct key_name *find_key(const char *name, const char **tag)
{
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        size_t len = strlen(key_names[i].name);

        if (strncasecmp(key_names[i].name, name, len) ||
            (name[len] != '\0') != key_names[i].has_tag)
            continue;
        *tag = name + len;
        return &key_names[i];
    }
    return NULL;
}

static size_t tag_value(const struct input_map *tags, const char *tag, const char **out)
{
    for (size_t i = 0; i < tags->count; i++) {
        if (!strcasecmp(tags->items[i].key, tag)) { /* in conditions their case does not count */
            *out = tags->items[i].value;
            return 1;
        }
    }
    return 0;
}

/* What the request has for a key; the number of values. */
static size_t values_of(const struct policy_request *request, enum key key, const char *tag,
                        const char *out[VALUES_MAX])
{
    size_t count = request->tag_keys.count < VALUES_MAX ? request->tag_keys.count : VALUES_MAX;

    switch (key) {
    case KEY_RESOURCE_TAG:
        return tag_value(&request->resource_tags, tag, out);
    case KEY_REQUEST_TAG:
        return tag_value(&request->request_tags, tag, out);
    case KEY_TAG_KEYS:
        for (size_t i = 0; i < count; i++)
            out[i] = request->tag_keys.items[i];
        return count;
    case KEY_SOURCE_IP:
        out[0] = request->source_ip;
        return request->source_ip ? 1 : 0;
    case KEY_SECURE_TRANSPORT:
        out[0] = request->is_secure ? "true" : "false";
        return 1;
    }
    return 0;
}

/* --- conditions --- */

enum quantifier { OF_ONE_VALUE, FOR_ALL_VALUES, FOR_ANY_VALUE };

struct policy_condition {
    const struct comparison *comparison;
    enum quantifier quantifier;
    bool holds_if_absent; /* ...IfExists */
    const struct key_name *key;
    const char *tag;
    const char *const *values;
    size_t count;
};

/* Takes "ForAllValues:" and "IfExists" off. */
static const struct comparison *parse_operator(struct policy_condition *out, const char *text)
{
    static const char if_exists[] = "IfExists";
    size_t len;

    if (!strncasecmp(text, "ForAllValues:", 13)) {
        out->quantifier = FOR_ALL_VALUES;
        text += 13;
    } else if (!strncasecmp(text, "ForAnyValue:", 12)) {
        out->quantifier = FOR_ANY_VALUE;
        text += 12;
    }
    len = strlen(text);
    if (len > strlen(if_exists) && !strcasecmp(text + len - strlen(if_exists), if_exists)) {
        out->holds_if_absent = true;
        len -= strlen(if_exists);
    }
    return find_comparison(text, len);
}

static const char *check_condition(const struct policy_condition *c, struct arena *arena,
                                   const char *name, const char *key)
{
    if (!c->comparison)
        return arena_printf(arena, "unknown condition operator %s", name);
    if (!c->key)
        return arena_printf(arena, "unknown condition key %s", key);
    if (!c->comparison->matches && (c->holds_if_absent || c->quantifier != OF_ONE_VALUE))
        return arena_printf(arena, "%s: Null takes neither a set operator nor IfExists", name);
    if (c->key->is_plural && c->quantifier == OF_ONE_VALUE && c->comparison->matches)
        return arena_printf(
            arena, "%s has many values: %s needs ForAllValues: or ForAnyValue:", key, name);
    for (size_t i = 0; i < c->count; i++) {
        if (c->comparison->is_valid && !c->comparison->is_valid(c->values[i]))
            return arena_printf(arena, "%s cannot be compared with %s", name, c->values[i]);
        if (strstr(c->values[i], "${"))
            return arena_printf(arena, "policy variables are not supported: %s", c->values[i]);
    }
    return NULL;
}

const struct policy_condition *policy_condition_make(struct arena *arena, const char *name,
                                                     const char *key, const char *const *values,
                                                     size_t count, const char **message)
{
    struct policy_condition *c = arena_zalloc(arena, sizeof(*c));

    c->comparison = parse_operator(c, name);
    c->key = find_key(arena_strdup(arena, key), &c->tag);
    c->values = values;
    c->count = count;
    *message = check_condition(c, arena, name, key);
    return *message ? NULL : c;
}

/* A negated operator holds for a value that none of the policy's matches. */
static bool fits(const struct policy_condition *c, const char *value)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->comparison->matches(c->values[i], value))
            return !c->comparison->is_negated;
    return c->comparison->is_negated;
}

static bool is_absence_right(const struct policy_condition *c, bool is_absent)
{
    for (size_t i = 0; i < c->count; i++)
        if (is_absent == !strcasecmp(c->values[i], "true"))
            return true;
    return false;
}

bool policy_condition_holds(const struct policy_condition *c, const struct policy_request *request)
{
    const char *values[VALUES_MAX];
    size_t count = values_of(request, c->key->key, c->tag, values);
    size_t fitting = 0;

    if (!c->comparison->matches)
        return is_absence_right(c, !count);
    if (!count && c->holds_if_absent)
        return true;
    for (size_t i = 0; i < count; i++)
        fitting += fits(c, values[i]);
    switch (c->quantifier) {
    case FOR_ALL_VALUES:
        return fitting == count;
    case FOR_ANY_VALUE:
        return fitting > 0;
    default:
        return count ? fitting == count : c->comparison->is_negated;
    }
}

bool policy_condition_needs_resource_tags(const struct policy_condition *c)
{
    return c->key->key == KEY_RESOURCE_TAG;
}
