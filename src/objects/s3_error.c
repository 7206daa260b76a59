/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/s3_error.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* --- just enough XML: elements and text; what it does not know it skips --- */

struct text {
    const char *at;
    const char *end;
};

static bool starts_with(const struct text *t, const char *what)
{
    size_t len = strlen(what);

    return (size_t)(t->end - t->at) >= len && !memcmp(t->at, what, len);
}

/* Moves behind the next `what`, or to the end. */
static void skip_past(struct text *t, const char *what)
{
    const char *found = memmem(t->at, (size_t)(t->end - t->at), what, strlen(what));

    t->at = found ? found + strlen(what) : t->end;
}

/* The name and what else stands between < and >, without them; empty at the end of the text.
 * Declarations and comments are skipped. */
static struct text next_tag(struct text *t)
{
    struct text tag;

    for (;;) {
        skip_past(t, "<");
        if (starts_with(t, "!--"))
            skip_past(t, "-->");
        else if (starts_with(t, "?") || starts_with(t, "!"))
            skip_past(t, ">");
        else
            break;
    }
    tag.at = t->at;
    skip_past(t, ">");
    tag.end = t->at > tag.at && t->at[-1] == '>' ? t->at - 1 : tag.at;
    return tag;
}

static bool is_tag(const struct text *tag, const char *name)
{
    size_t len = strlen(name), tag_len = (size_t)(tag->end - tag->at);

    return tag_len >= len && !memcmp(tag->at, name, len) &&
           (tag_len == len || strchr(" \t\r\n/", tag->at[len]));
}

static const struct entity {
    const char *name;
    char value;
} entities[] = {
    { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' },
};

/* One character as a log may show it. */
static char next_character(struct text *t)
{
    char c;

    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        if (starts_with(t, entities[i].name)) {
            t->at += strlen(entities[i].name);
            return entities[i].value;
        }
    }
    c = *t->at++;
    return c >= 0x20 && c < 0x7f ? c : '?';
}

/* The text up to the next tag. */
static void copy_text(char *out, size_t size, struct text t)
{
    size_t len = 0;

    while (t.at < t.end && *t.at != '<' && len + 1 < size)
        out[len++] = next_character(&t);
    out[len] = '\0';
}

void s3_error_parse(struct s3_error *out, const char *body, size_t len)
{
    struct text t = { body, body + len }, tag;
    int depth = 0;

    *out = (struct s3_error){ 0 };
    tag = next_tag(&t);
    if (!is_tag(&tag, "Error"))
        return;
    for (tag = next_tag(&t); tag.at < tag.end; tag = next_tag(&t)) {
        if (*tag.at == '/') {
            depth--;
            continue;
        }
        if (depth == 0 && is_tag(&tag, "Code"))
            copy_text(out->code, sizeof(out->code), t);
        else if (depth == 0 && is_tag(&tag, "Message"))
            copy_text(out->message, sizeof(out->message), t);
        else if (depth == 0 && is_tag(&tag, "Region"))
            copy_text(out->region, sizeof(out->region), t);
        if (tag.end[-1] != '/')
            depth++;
    }
}

/* --- what it means --- */

/* clang-format off */
static const struct meaning { /* by code, or by status where the code tells nothing */
    const char *code;
    int status;
    int err;
    bool is_passing;
} meanings[] = {
    { "NoSuchBucket",                       0, -ENOENT },
    { "NoSuchBucketPolicy",                 0, -ENODATA },
    { "InvalidBucketName",                  0, -EINVAL },
    { "MalformedPolicy",                    0, -EBADMSG },
    { "AccessDenied",                       0, -EACCES },
    { "AllAccessDisabled",                  0, -EACCES },
    { "AccessControlListNotSupported",      0, -EACCES },
    { "MethodNotAllowed",                   0, -EACCES },
    { "QuotaExceeded",                      0, -EDQUOT },
    { "InvalidAccessKeyId",                 0, -EKEYREJECTED },
    { "SignatureDoesNotMatch",              0, -EKEYREJECTED },
    { "ExpiredToken",                       0, -EKEYREJECTED },
    { "InvalidToken",                       0, -EKEYREJECTED },
    { "RequestTimeTooSkewed",               0, -EKEYREJECTED },
    { "PermanentRedirect",                  0, -EXDEV },
    { "AuthorizationHeaderMalformed",       0, -EXDEV }, /* the scope names a wrong region */
    { "IllegalLocationConstraintException", 0, -EXDEV },
    { "OperationAborted",                   0, -EBUSY, true }, /* another change of the bucket */
    { "RequestTimeout",                     0, -EBUSY, true },
    { "", 301, -EXDEV },
    { "", 307, -EBUSY, true }, /* a new bucket's name is not known everywhere yet */
    { "", 401, -EKEYREJECTED },
    { "", 403, -EACCES },
    { "", 404, -ENOENT },
    { "", 408, -EBUSY, true },
    { "", 429, -EBUSY, true },
    { "", 500, -EBUSY, true },
    { "", 502, -EBUSY, true },
    { "", 503, -EBUSY, true },
    { "", 504, -EBUSY, true },
    { "", 507, -EDQUOT },
};
/* clang-format on */

/* NULL: nobody foresaw it. */
static const struct meaning *find_meaning(int status, const struct s3_error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        const struct meaning *m = &meanings[i];

        if (m->status ? m->status == status : !strcmp(m->code, error->code))
            return m;
    }
    return NULL;
}

int s3_error_errno(int status, const struct s3_error *error)
{
    const struct meaning *meaning;

    if (status >= 200 && status < 300)
        return 0;
    meaning = find_meaning(status, error);
    return meaning ? meaning->err : -EIO;
}

bool s3_error_is_passing(int status, const struct s3_error *error)
{
    const struct meaning *meaning = find_meaning(status, error);

    return status >= 300 && meaning && meaning->is_passing;
}
