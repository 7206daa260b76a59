/* SPDX-License-Identifier: Apache-2.0 */
/* Reads first, judges second: a value of the wrong type ends the reading, broken constraints are
 * all collected. The messages are worded as AWS words them. */
#include "api/input.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "api/pattern.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_depth.h"
#include "net/uri.h"

#define PROBLEMS_MAX      10
#define PROBLEMS_TEXT_MAX 8192
#define REPEATED_MAX      256 /* a longer value is not repeated in the message */

struct reading {
    struct arena *arena;
    const struct input_source *source;
    struct buf problems;
    int problem_count;
    const char *mismatch; /* the first value of a wrong type */
};

/* Where in the input a value stands; rendered only when something is wrong with it. */
struct place {
    const struct place *parent;
    const char *name;
    size_t number; /* of a list's element, from 1; 0: a member */
};

static const void *read_value(struct reading *r, const struct field *field, json_t *json,
                              const struct place *place);

/* --- what is wrong --- */

static void append_place(struct buf *out, const struct place *place)
{
    if (place->parent) {
        append_place(out, place->parent);
        buf_append_str(out, ".");
    }
    if (place->number)
        buf_printf(out, "%zu.member", place->number);
    else
        buf_append_str(out, place->name);
}

/* `value` NULL: not to be repeated. */
static void problem(struct reading *r, const struct place *place, const char *value,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));
static void problem(struct reading *r, const struct place *place, const char *value,
                    const char *format, ...)
{
    struct buf *out = &r->problems;
    va_list args;

    if (r->problem_count++ >= PROBLEMS_MAX)
        return;
    buf_append_str(out, r->problem_count > 1 ? "; Value " : "Value ");
    if (value && strlen(value) <= REPEATED_MAX)
        buf_printf(out, "'%s' ", value);
    buf_append_str(out, "at '");
    append_place(out, place);
    buf_append_str(out, "' failed to satisfy constraint: ");
    va_start(args, format);
    buf_vprintf(out, format, args);
    va_end(args);
}

static void missing(struct reading *r, const struct place *place)
{
    problem(r, place, NULL, "Member must not be null");
}

static const void *mismatch(struct reading *r, const struct place *place, const char *wanted)
{
    struct buf text;

    if (r->mismatch)
        return NULL;
    buf_init(&text, PROBLEMS_TEXT_MAX);
    append_place(&text, place);
    r->mismatch = arena_printf(r->arena, "The value at '%s' must be %s", buf_str(&text), wanted);
    buf_clear(&text);
    return NULL;
}

/* --- the types --- */

static int64_t count_characters(const char *utf8)
{
    int64_t count = 0;

    for (; *utf8; utf8++)
        count += (*utf8 & 0xc0) != 0x80;
    return count;
}

/* NULL if `text` is as `field` wants it, else what is not. */
static const char *broken_rule(struct reading *r, const struct field *field, const char *text)
{
    int64_t len = count_characters(text);

    if (field->max && len > field->max)
        return arena_printf(r->arena, "Member must have length less than or equal to %lld",
                            (long long)field->max);
    if (len < field->min)
        return arena_printf(r->arena, "Member must have length greater than or equal to %lld",
                            (long long)field->min);
    if (field->pattern && !pattern_matches(field->pattern, text))
        return arena_printf(r->arena, "Member must satisfy regular expression pattern: %s",
                            field->pattern->text);
    return NULL;
}

static const void *read_string(struct reading *r, const struct field *field, json_t *json,
                               const struct place *place)
{
    const char *text = json_string_value(json);
    const char *rule;

    if (!text)
        return mismatch(r, place, "a string");
    if (strlen(text) != json_string_length(json)) {
        problem(r, place, NULL, "Member must not contain the character U+0000");
        return text;
    }
    rule = broken_rule(r, field, text);
    if (rule)
        problem(r, place, field->is_secret ? NULL : text, "%s", rule);
    return text;
}

static const char *name_set(struct reading *r, const char *const *names)
{
    struct buf text;
    const char *out;

    buf_init(&text, PROBLEMS_TEXT_MAX);
    for (size_t i = 0; names[i]; i++)
        if (*names[i])
            buf_printf(&text, "%s%s", text.len ? ", " : "", names[i]);
    out = arena_strdup(r->arena, buf_str(&text));
    buf_clear(&text);
    return out;
}

static const void *read_enum(struct reading *r, const struct field *field, json_t *json,
                             const struct place *place)
{
    const char *text = json_string_value(json);

    if (!text)
        return mismatch(r, place, "a string");
    for (int i = 0; field->one_of[i]; i++)
        if (!strcmp(field->one_of[i], text))
            return arena_dup(r->arena, &i, sizeof(i));
    problem(r, place, text, "Member must satisfy enum value set: [%s]", name_set(r, field->one_of));
    return NULL;
}

static const void *read_bool(struct reading *r, const struct field *field, json_t *json,
                             const struct place *place)
{
    bool value = json_is_true(json);

    if (!json_is_boolean(json))
        return mismatch(r, place, "a boolean");
    return arena_dup(r->arena, &value, sizeof(value));
}

static const void *read_int(struct reading *r, const struct field *field, json_t *json,
                            const struct place *place)
{
    int64_t value = json_integer_value(json);
    char text[24];

    if (!json_is_integer(json))
        return mismatch(r, place, "an integer");
    snprintf(text, sizeof(text), "%lld", (long long)value);
    if (field->max && value > field->max)
        problem(r, place, text, "Member must have value less than or equal to %lld",
                (long long)field->max);
    if (value < field->min)
        problem(r, place, text, "Member must have value greater than or equal to %lld",
                (long long)field->min);
    return arena_dup(r->arena, &value, sizeof(value));
}

static const void *read_float(struct reading *r, const struct field *field, json_t *json,
                              const struct place *place)
{
    double value = json_number_value(json);
    char text[32];

    if (!json_is_number(json))
        return mismatch(r, place, "a number");
    snprintf(text, sizeof(text), "%g", value);
    if (field->max && value > (double)field->max)
        problem(r, place, text, "Member must have value less than or equal to %lld",
                (long long)field->max);
    if (value < (double)field->min)
        problem(r, place, text, "Member must have value greater than or equal to %lld",
                (long long)field->min);
    return arena_dup(r->arena, &value, sizeof(value));
}

static void check_count(struct reading *r, const struct field *field, size_t count,
                        const struct place *place)
{
    if (field->max && count > (size_t)field->max)
        problem(r, place, NULL, "Member must have length less than or equal to %lld",
                (long long)field->max);
    if (count < (size_t)field->min)
        problem(r, place, NULL, "Member must have length greater than or equal to %lld",
                (long long)field->min);
}

static const void *read_list(struct reading *r, const struct field *field, json_t *json,
                             const struct place *place)
{
    struct input_list *list = arena_zalloc(r->arena, sizeof(*list));
    size_t count = json_array_size(json);
    const void **items;

    if (!json_is_array(json))
        return mismatch(r, place, "a list");
    check_count(r, field, count, place);
    if (field->max && count > (size_t)field->max)
        return NULL; /* its elements need no judgement */
    items = arena_alloc(r->arena, (count + 1) * sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        struct place at = { .parent = place, .number = i + 1 };
        json_t *element = json_array_get(json, i);

        if (!json_is_null(element))
            items[list->count++] = read_value(r, field->item, element, &at);
    }
    list->items = items;
    return list;
}

static void check_map_text(struct reading *r, const struct field *field, const char *text,
                           const char *part, const struct place *place)
{
    const char *rule = broken_rule(r, field, text);

    if (rule)
        problem(r, place, text, "Map %s must satisfy constraint: [%s]", part, rule);
}

static const void *read_map(struct reading *r, const struct field *field, json_t *json,
                            const struct place *place)
{
    struct input_map *map = arena_zalloc(r->arena, sizeof(*map));
    size_t count = json_object_size(json);
    struct input_pair *items;
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return mismatch(r, place, "a map");
    check_count(r, field, count, place);
    if (field->max && count > (size_t)field->max)
        return NULL;
    items = arena_alloc(r->arena, (count + 1) * sizeof(*items));
    json_object_foreach(json, key, value)
    {
        const char *text = json_string_value(value);

        if (json_is_null(value))
            continue;
        if (!text || strlen(text) != json_string_length(value))
            return mismatch(r, place, "a map of strings");
        check_map_text(r, field->key, key, "keys", place);
        check_map_text(r, field->item, text, "values", place);
        items[map->count++] = (struct input_pair){ key, text };
    }
    map->items = items;
    return map;
}

/* --- structs --- */

/* All values of a parameter; NULL if the query has none. */
static json_t *query_values(struct arena *arena, const char *query, const char *name)
{
    json_t *list = NULL;
    struct uri_parameter p;

    while (uri_next_parameter(&query, &p)) {
        if (strlen(name) != p.name_len || memcmp(name, p.name, p.name_len))
            continue;
        if (!list)
            list = json_array();
        /* what is no UTF-8 is left out */
        json_array_append_new(list, json_string(uri_decode(arena, p.value, p.value_len)));
    }
    return list;
}

static void release_json(void *json)
{
    json_decref(json);
}

/* What the request's address says instead of its body. */
static json_t *from_address(struct reading *r, const struct field *field)
{
    json_t *value = field->source == FROM_PATH
                        ? json_string(r->source->label)
                        : query_values(r->arena, r->source->query, field->name);

    if (value)
        arena_on_destroy(r->arena, release_json, value);
    return value;
}

static const void *read_fields(struct reading *r, const struct field *fields, size_t size,
                               json_t *json, const struct place *parent)
{
    char *out = arena_zalloc(r->arena, size);

    for (const struct field *field = fields; field->name; field++) {
        struct place place = { .parent = parent, .name = field->name };
        json_t *value = field->source == FROM_BODY ? json_object_get(json, field->name)
                                                   : from_address(r, field);
        const void *read = NULL;

        if (value && !json_is_null(value))
            read = read_value(r, field, value, &place);
        else if (field->is_required)
            missing(r, &place);
        memcpy(out + field->at, &read, sizeof(read));
    }
    return out;
}

static const void *read_struct(struct reading *r, const struct field *field, json_t *json,
                               const struct place *place)
{
    if (!json_is_object(json))
        return mismatch(r, place, "a structure");
    return read_fields(r, field->fields, field->size, json, place);
}

typedef const void *read_type(struct reading *r, const struct field *field, json_t *json,
                              const struct place *place);

/* clang-format off */
static read_type *const types[] = {
    [FIELD_STRING] = read_string,
    [FIELD_ENUM]   = read_enum,
    [FIELD_BOOL]   = read_bool,
    [FIELD_INT]    = read_int,
    [FIELD_FLOAT]  = read_float,
    [FIELD_STRUCT] = read_struct,
    [FIELD_LIST]   = read_list,
    [FIELD_MAP]    = read_map,
};
/* clang-format on */

static const void *read_value(struct reading *r, const struct field *field, json_t *json,
                              const struct place *place)
{
    return types[field->type](r, field, json, place);
}

/* --- the body --- */

static int parse_body(json_t **out, struct reading *r)
{
    const struct input_source *source = r->source;
    json_error_t error;
    json_t *json;

    if (!source->body_len) {
        json = json_object();
    } else if (json_is_deeper(source->body, source->body_len, INPUT_DEPTH_MAX)) {
        r->mismatch = "The request is nested too deeply";
        return -EBADMSG;
    } else {
        json = json_loadb(source->body, source->body_len, JSON_ALLOW_NUL, &error);
    }
    if (!json || !json_is_object(json)) {
        r->mismatch = json ? "The request must be a JSON object"
                           : arena_printf(r->arena, "The request is no valid JSON: %s", error.text);
        json_decref(json);
        return -EBADMSG;
    }
    arena_on_destroy(r->arena, release_json, json);
    *out = json;
    return 0;
}

int input_read(const void **out, struct arena *arena, const struct field *fields, size_t size,
               const struct input_source *source, const char **message)
{
    struct reading r = { .arena = arena, .source = source };
    json_t *json = NULL;
    int err;

    buf_init(&r.problems, PROBLEMS_TEXT_MAX);
    err = parse_body(&json, &r);
    if (err)
        goto out;
    *out = read_fields(&r, fields, size, json, NULL);
    if (r.mismatch)
        err = -EBADMSG;
    else if (r.problem_count)
        err = -EINVAL;
out:
    if (err == -EBADMSG)
        *message = r.mismatch;
    else if (err)
        *message = arena_printf(arena, "%d validation error%s detected: %s", r.problem_count,
                                r.problem_count > 1 ? "s" : "", buf_str(&r.problems));
    buf_clear(&r.problems);
    return err;
}
