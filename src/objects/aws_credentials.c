/* SPDX-License-Identifier: Apache-2.0 */
/* https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html,
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
#include "objects/aws_credentials.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

#define FILE_MAX ((size_t)1024 * 1024)

/* They go into HTTP headers. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= 0x20 || *text >= 0x7f)
            return false;
    return true;
}

static int check(const struct aws_credentials *c)
{
    if (!c->access_key || !c->secret)
        return -ENOENT;
    if (!is_plain(c->access_key) || !is_plain(c->secret))
        return -EINVAL;
    return c->session_token && !is_plain(c->session_token) ? -EINVAL : 0;
}

/* --- the file --- */

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* "[name]": is that the profile asked for? */
static bool is_section(char *line, const char *profile)
{
    char *end = strchr(line, ']');

    if (!end)
        return false;
    *end = '\0';
    return !strcmp(trim(line + 1), profile);
}

static void take_setting(struct aws_credentials *out, char *line)
{
    const struct {
        const char *name;
        const char **member;
    } settings[] = {
        { "aws_access_key_id", &out->access_key },
        { "aws_secret_access_key", &out->secret },
        { "aws_session_token", &out->session_token },
    };
    char *equals = strchr(line, '='), *value;

    if (!equals)
        return;
    *equals = '\0';
    value = trim(equals + 1);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        if (!strcmp(trim(line), settings[i].name))
            *settings[i].member = *value ? value : NULL;
}

int aws_credentials_parse(struct aws_credentials *out, struct arena *arena, const char *text,
                          const char *profile)
{
    char *rest = arena_strdup(arena, text), *line;
    bool is_ours = false;

    *out = (struct aws_credentials){ 0 };
    while ((line = strsep(&rest, "\n"))) {
        line = trim(line);
        if (*line == '[')
            is_ours = is_section(line, profile);
        else if (is_ours && *line != '#' && *line != ';')
            take_setting(out, line);
    }
    return check(out);
}

static int read_file(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char chunk[4096];
    size_t got;
    int err = 0;

    if (!file)
        return -errno;
    while (!err && (got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        err = buf_append(out, chunk, got);
    if (!err && ferror(file))
        err = -EIO;
    fclose(file);
    return err;
}

/* --- where they are looked for --- */

/* NULL if it is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static const char *file_path(struct arena *arena)
{
    const char *path = variable("AWS_SHARED_CREDENTIALS_FILE"), *home = variable("HOME");

    if (path || !home)
        return path;
    return arena_printf(arena, "%s/.aws/credentials", home);
}

static int load_file(struct aws_credentials *out, struct arena *arena)
{
    const char *path = file_path(arena), *profile = variable("AWS_PROFILE");
    struct buf text;
    int err;

    if (!path)
        return -ENOENT;
    buf_init(&text, FILE_MAX);
    err = read_file(&text, path);
    if (!err)
        err = aws_credentials_parse(out, arena, buf_str(&text), profile ? profile : "default");
    buf_clear(&text);
    return err;
}

int aws_credentials_load(struct aws_credentials *out, struct arena *arena)
{
    *out = (struct aws_credentials){
        .access_key = variable("AWS_ACCESS_KEY_ID"),
        .secret = variable("AWS_SECRET_ACCESS_KEY"),
        .session_token = variable("AWS_SESSION_TOKEN"),
    };
    if (out->access_key && out->secret)
        return check(out);
    return load_file(out, arena);
}
