/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of the two AMF versions share. */
#ifndef INGEST_AMF_INTERNAL_H
#define INGEST_AMF_INTERNAL_H

#include "ingest/amf.h"

/* AMF3 strings and classes, which later ones refer to by number. */
struct amf3_string {
    const char *text;
    size_t len;
};
struct amf3_traits {
    bool is_dynamic;
    bool is_array_collection; /* the one externalizable class whose form is known */
    size_t name_count;
    const char **names;
};
#define AMF3_REFERENCES_MAX 256 /* strings or classes; later ones cannot be referred to */

struct amf_parser {
    struct reader r;
    struct arena *arena;
    int depth;
    int values_left;
    int err; /* first error but falling short, which `r` knows */
    struct amf3_string strings[AMF3_REFERENCES_MAX];
    size_t string_count;
    struct amf3_traits classes[AMF3_REFERENCES_MAX];
    size_t class_count;
};

/* Counts a value and one level; false: too many, too deep, or an error before. */
bool amf_enter(struct amf_parser *p);
void amf_leave(struct amf_parser *p);
bool amf_is_ok(const struct amf_parser *p);
void amf_fail(struct amf_parser *p, int err);
/* The next `len` bytes as a string value. */
void amf_read_text(struct amf_parser *p, struct amf_value *out, size_t len);
double amf_read_double(struct amf_parser *p);
/* Appends a member behind `*tail` and moves `*tail` on; returns where its value goes. */
struct amf_value *amf_add(struct amf_parser *p, struct amf_member ***tail, const char *name);

/* One AMF3 value, as behind AMF0's marker 0x11. */
void amf3_read_value(struct amf_parser *p, struct amf_value *out);

#endif
