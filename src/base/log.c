/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static enum log_level lowest_level = LOG_INFO;
static enum log_format line_format = LOG_TEXT;
static atomic_uint next_number = 1;

char *log_tag(char tag[LOG_TAG_SIZE], const char *kind)
{
    snprintf(tag, LOG_TAG_SIZE, "%s#%u", kind, atomic_fetch_add(&next_number, 1));
    return tag;
}

void log_setup(enum log_level lowest, enum log_format format)
{
    lowest_level = lowest;
    line_format = format;
}

bool log_enabled(enum log_level level)
{
    return level >= lowest_level;
}

/* What a peer sent may be in a message: neither a line break nor a terminal sequence gets out. */
static void make_printable(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static size_t append_json_string(char *out, size_t size, const char *text)
{
    size_t len = 0;

    for (; *text && len + 3 < size; text++) {
        if (*text == '"' || *text == '\\')
            out[len++] = '\\';
        out[len++] = *text;
    }
    out[len] = '\0';
    return len;
}

static int format_json(char *line, size_t size, const char *time, const char *level,
                       const char *tag, const char *message)
{
    char escaped[LINE_MAX_BYTES];

    append_json_string(escaped, sizeof(escaped), message);
    return snprintf(line, size,
                    "{\"time\":\"%s\",\"level\":\"%s\",\"tag\":\"%s\",\"message\":\"%s\"}\n", time,
                    level, tag, escaped);
}

void log_write(enum log_level level, const char *tag, const char *format, ...)
{
    char message[LINE_MAX_BYTES - 256], line[LINE_MAX_BYTES + 256], time[CLOCK_TEXT_SIZE];
    va_list args;
    int len;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    make_printable(message);
    clock_format_ms(time, clock_wall_ms());
    if (line_format == LOG_JSON)
        len = format_json(line, sizeof(line), time, level_names[level], tag, message);
    else
        len = snprintf(line, sizeof(line), "%s %-5s %s: %s\n", time, level_names[level], tag,
                       message);
    if (len > (int)sizeof(line) - 1)
        len = (int)sizeof(line) - 1;
    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        return; /* nowhere left to complain */
}
