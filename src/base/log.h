/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines to standard error: time, level, tag, what happened, then key=value.
 * info: what an operator would tell a colleague. warn: degraded, going on. error: somebody lost
 * something. debug: state changes. Stream keys, tokens and signatures reach no level at all.
 * Thread: any; a line is written whole. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* A tag made with its object, such as "rtmp#41": filtering by it tells one object's life. */
#define LOG_TAG_SIZE 32
/* Numbers are unique within the process. Returns `tag`. */
char *log_tag(char tag[LOG_TAG_SIZE], const char *kind);

/* Before other threads start. */
void log_setup(enum log_level lowest, enum log_format format);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_at(level, ...)                                                                         \
    do {                                                                                           \
        if (log_enabled(level))                                                                    \
            log_write(level, __VA_ARGS__);                                                         \
    } while (0)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

#endif
