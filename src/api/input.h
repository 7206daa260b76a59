/* SPDX-License-Identifier: Apache-2.0 */
/* What a call brings: a JSON body, read by a table of fields into a struct that is valid.
 *
 * Each member of the struct is a pointer, NULL where the caller gave nothing (or null):
 *
 *     FIELD_STRING  const char *           FIELD_STRUCT  const struct ... *
 *     FIELD_ENUM    const int *  (index)   FIELD_LIST    const struct input_list *
 *     FIELD_BOOL    const bool *           FIELD_MAP     const struct input_map *
 *     FIELD_INT     const int64_t *
 *     FIELD_FLOAT   const double *
 *
 * Unknown members are ignored: newer SDKs send them. Thread: any. */
#ifndef API_INPUT_H
#define API_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct pattern;

#define INPUT_BODY_MAX  ((size_t)256 * 1024)
#define INPUT_DEPTH_MAX 16

enum field_type {
    FIELD_STRING,
    FIELD_ENUM,
    FIELD_BOOL,
    FIELD_INT,
    FIELD_FLOAT,
    FIELD_STRUCT,
    FIELD_LIST,
    FIELD_MAP,
};

enum field_source {
    FROM_BODY,
    FROM_PATH,  /* the {label} of the path; a string */
    FROM_QUERY, /* ?name=a&name=b; a list of strings */
};

/* A table of fields ends with a zero entry. */
struct field {
    const char *name;
    enum field_type type;
    size_t at; /* offset of the struct's member */
    bool is_required;
    bool is_secret; /* never repeated in messages */
    enum field_source source;
    /* Of a number its value, of a string its length in characters, of a list or map its size.
     * `max` 0: no limit. */
    int64_t min, max;
    struct pattern *pattern;    /* strings */
    const char *const *one_of;  /* enums: names, then NULL; "" is taken but not told */
    const struct field *item;   /* lists and maps: what each element must be */
    const struct field *key;    /* maps */
    const struct field *fields; /* structs */
    size_t size;                /* structs: sizeof */
};

/* Items as the pointers above. */
struct input_list {
    size_t count;
    const void *const *items;
};

struct input_pair {
    const char *key;
    const char *value;
};

struct input_map {
    size_t count;
    const struct input_pair *items;
};

static inline bool bool_or(const bool *value, bool otherwise)
{
    return value ? *value : otherwise;
}

static inline int64_t int_or(const int64_t *value, int64_t otherwise)
{
    return value ? *value : otherwise;
}

static inline int enum_or(const int *value, int otherwise)
{
    return value ? *value : otherwise;
}

static inline const char *string_or(const char *value, const char *otherwise)
{
    return value ? value : otherwise;
}

struct input_source {
    const char *body; /* JSON; empty means {} */
    size_t body_len;
    const char *label; /* of the path, decoded; NULL if it has none */
    const char *query; /* as received */
};

/* Reads what `fields` name into a struct of `size` bytes in the arena. -EBADMSG: no JSON object, or
 * a value of the wrong type; -EINVAL: a constraint is broken. `message` then says what. */
int input_read(const void **out, struct arena *arena, const struct field *fields, size_t size,
               const struct input_source *source, const char **message);

#endif
