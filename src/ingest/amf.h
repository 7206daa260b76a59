/* SPDX-License-Identifier: Apache-2.0 */
/* Action Message Format: what RTMP commands and metadata are made of, as a tree of values in an
 * arena. AMF0 is the format of messages; single values in it may be AMF3.
 * Thread: one at a time. */
#ifndef INGEST_AMF_H
#define INGEST_AMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/reader.h"

/* What a peer may make us build of one message. */
#define AMF_DEPTH_MAX  16
#define AMF_VALUES_MAX 4096

enum amf_type {
    AMF_NULL, /* also undefined, references, and whatever has no meaning here */
    AMF_BOOLEAN,
    AMF_NUMBER, /* also dates: milliseconds since 1970 */
    AMF_STRING, /* also XML and byte arrays */
    AMF_OBJECT, /* also ECMA arrays and typed objects */
    AMF_ARRAY,
};

struct amf_value {
    enum amf_type type;
    bool boolean;
    double number;
    const char *string; /* followed by NUL, may contain others */
    size_t string_len;
    struct amf_member *members; /* of an object or, nameless, of an array; NULL if empty */
};

struct amf_member {
    const char *name;
    struct amf_value value;
    struct amf_member *next;
};

/* The values of a message, at most `max` of them; what follows is not looked at. Everything lives
 * in `arena`; values beyond `*count` are null. -EINVAL if malformed, -EMSGSIZE past the limits. */
int amf0_read(struct arena *arena, const uint8_t *data, size_t len, struct amf_value *values,
              size_t max, size_t *count);

/* The member `name` of an object; NULL if there is none or `object` is none or NULL. */
const struct amf_value *amf_get(const struct amf_value *object, const char *name);
/* "" unless it is a string without NUL within. NULL is fine, here and below. */
const char *amf_string(const struct amf_value *value);
double amf_number(const struct amf_value *value, double otherwise);

#endif
