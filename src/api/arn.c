/* SPDX-License-Identifier: Apache-2.0 */
#include "api/arn.h"

#include <string.h>

#include "base/arena.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Takes the part up to `end`, of nothing but `charset`, into `out`. NULL if it is not there. */
static const char *take(char *out, size_t size, const char *at, const char *charset, char end)
{
    size_t len = strspn(at, charset);

    if (!len || len >= size || at[len] != end)
        return NULL;
    memcpy(out, at, len);
    out[len] = '\0';
    return at + len + (end != '\0');
}

bool arn_parse(struct arn *out, const char *text)
{
    static const char prefix[] = "arn:aws:ivs:";
    const char *at = text;

    if (strncmp(at, prefix, strlen(prefix)) || strlen(text) > ARN_MAX)
        return false;
    at += strlen(prefix);
    at = take(out->region, sizeof(out->region), at, LOWER DIGITS "-", ':');
    if (at)
        at = take(out->account, sizeof(out->account), at, DIGITS, ':');
    if (at)
        at = take(out->type, sizeof(out->type), at, LOWER "-", '/');
    if (at)
        at = take(out->id, sizeof(out->id), at, LOWER UPPER DIGITS "-", '\0');
    return at;
}

const char *arn_format(struct arena *arena, const char *region, const char *account,
                       const char *type, const char *id)
{
    return arena_printf(arena, "arn:aws:ivs:%s:%s:%s/%s", region, account, type, id);
}

const char *arn_id(const char *arn)
{
    const char *slash = strrchr(arn, '/');

    return slash ? slash + 1 : arn;
}
