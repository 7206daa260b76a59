/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON text, member by member, into a buffer:
 *
 *     write_object(w, NULL);              {
 *     write_string(w, "name", "demo");      "name":"demo",
 *     write_array(w, "tags");               "tags":[
 *     write_string(w, NULL, "x");             "x"
 *     write_array_end(w);                   ]
 *     write_object_end(w);                }
 *
 * `key` is NULL inside arrays and at the top. The buffer's ceiling is the only thing that can fail;
 * its sticky error tells. Thread: its owner's. */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct json_writer {
    struct buf *out;
    bool needs_comma;
};

/* Appends to `out`, borrowed. */
void json_writer_init(struct json_writer *w, struct buf *out);
void write_object(struct json_writer *w, const char *key);
void write_object_end(struct json_writer *w);
void write_array(struct json_writer *w, const char *key);
void write_array_end(struct json_writer *w);
/* `value` is UTF-8. */
void write_string(struct json_writer *w, const char *key, const char *value);
void write_bool(struct json_writer *w, const char *key, bool value);
void write_int(struct json_writer *w, const char *key, int64_t value);
/* Shortest form that reads back the same. */
void write_double(struct json_writer *w, const char *key, double value);
/* The members of `json`, which is a whole object, among those of the one being written. */
void write_members(struct json_writer *w, const char *json);
/* `json` is a whole value, written by somebody else. */
void write_json(struct json_writer *w, const char *key, const char *json);

#endif
