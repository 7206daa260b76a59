/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of operations against the service descriptions: first as facts, member by member, then
 * by calls that break one constraint each. */
#include "operation_facts.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/input.h"
#include "api/operation.h"
#include "api/pattern.h"

static const struct operation *find(json_t *fact)
{
    const char *label;

    return operation_find(fact_text(fact, "method"), fact_text(fact, "path"), &label);
}

/* --- where we differ, and why --- */

/* "[a-z-]/" lacks its +, so that no ARN would match; and ids of participants may have an
 * underscore, as those in tokens do. */
static bool is_pattern_mended(const char *path)
{
    return strstr(path, "resourceArn") || strstr(path, ".participantId");
}

/* Both APIs share these, and what tags may hold goes by the resource: judged behind the table. */
static bool is_judged_later(const char *path)
{
    return !strncmp(path, "TagResource.tags.", 17) || !strcmp(path, "UntagResource.tagKeys.item");
}

/* --- facts --- */

static void compare_fields(struct arena *arena, const char *path, const struct field *fields,
                           json_t *members);

static const char *type_names[] = {
    [FIELD_STRING] = "string", [FIELD_ENUM] = "enum",   [FIELD_BOOL] = "boolean",
    [FIELD_INT] = "integer",   [FIELD_FLOAT] = "float", [FIELD_STRUCT] = "structure",
    [FIELD_LIST] = "list",     [FIELD_MAP] = "map",
};

static void compare_names(const char *path, const char *const *names, json_t *facts)
{
    size_t count = 0;

    for (size_t i = 0; names[i]; i++)
        count += *names[i] != '\0'; /* "" is taken where AWS takes it, and told by nobody */
    assert_int_equal(count, json_array_size(facts));
    for (size_t i = 0; i < json_array_size(facts); i++) {
        bool is_found = false;

        for (size_t k = 0; names[k]; k++)
            is_found |= !strcmp(names[k], json_string_value(json_array_get(facts, i)));
        if (!is_found)
            fail_msg("%s: no %s", path, json_string_value(json_array_get(facts, i)));
    }
}

static void compare_limits(const char *path, const struct field *field, json_t *fact)
{
    const char *pattern = fact_text(fact, "pattern");

    if (field->min != json_integer_value(json_object_get(fact, "min")) ||
        field->max != json_integer_value(json_object_get(fact, "max")))
        fail_msg("%s: min %lld max %lld", path, (long long)field->min, (long long)field->max);
    if (!pattern != !field->pattern)
        fail_msg("%s: pattern %s", path, pattern ? pattern : "none");
    if (pattern && strcmp(pattern, field->pattern->text) && !is_pattern_mended(path))
        fail_msg("%s: pattern %s, not %s", path, field->pattern->text, pattern);
}

static void compare_field(struct arena *arena, const char *path, const struct field *field,
                          json_t *fact)
{
    if (is_judged_later(path))
        return;
    if (strcmp(type_names[field->type], fact_text(fact, "type")))
        fail_msg("%s: %s", path, fact_text(fact, "type"));
    compare_limits(path, field, fact);
    if (field->type == FIELD_ENUM)
        compare_names(path, field->one_of, json_object_get(fact, "one_of"));
    if (field->type == FIELD_LIST)
        compare_field(arena, arena_printf(arena, "%s.item", path), field->item,
                      json_object_get(fact, "item"));
    if (field->type == FIELD_STRUCT)
        compare_fields(arena, path, field->fields, json_object_get(fact, "members"));
    if (field->type == FIELD_MAP) {
        compare_field(arena, arena_printf(arena, "%s.key", path), field->key,
                      json_object_get(fact, "key"));
        compare_field(arena, arena_printf(arena, "%s.value", path), field->item,
                      json_object_get(fact, "value"));
    }
}

static void compare_fields(struct arena *arena, const char *path, const struct field *fields,
                           json_t *members)
{
    static const char *const sources[] = {
        [FROM_BODY] = "", [FROM_PATH] = "path", [FROM_QUERY] = "query"
    };
    size_t count = 0;

    for (const struct field *field = fields; field && field->name; field++, count++) {
        const char *at = arena_printf(arena, "%s.%s", path, field->name);
        json_t *fact = json_object_get(members, field->name);
        const char *source;

        if (!fact)
            fail_msg("%s is no member", at);
        source = fact_text(fact, "source");
        assert_string_equal(sources[field->source], source ? source : "");
        if (field->is_required != json_is_true(json_object_get(fact, "required")))
            fail_msg("%s: required", at);
        compare_field(arena, at, field, fact);
    }
    if (count != json_object_size(members))
        fail_msg("%s: %zu members of %zu", path, count, json_object_size(members));
}

static void the_tables_say_what_the_descriptions_say(void **state)
{
    struct arena *arena = arena_create();
    json_t *facts = facts_load(), *fact;
    size_t i;

    json_array_foreach(facts, i, fact)
    {
        const struct operation *op = find(fact);
        bool is_realtime = !strcmp(fact_text(fact, "service"), "ivs-realtime");

        if (!op)
            fail_msg("no operation %s", fact_text(fact, "operation"));
        assert_string_equal(op->name, fact_text(fact, "operation"));
        assert_true(op->services & (is_realtime ? SERVICE_REALTIME : SERVICE_IVS));
        assert_int_equal(op->status ? op->status : 200,
                         json_integer_value(json_object_get(fact, "status")));
        compare_fields(arena, op->name, op->fields, json_object_get(fact, "input"));
    }
    assert_int_equal(i, 79);
    json_decref(facts);
    arena_destroy(arena);
}

static void there_are_no_other_operations(void **state)
{
    json_t *facts = facts_load();
    size_t count = 0;

    for (size_t i = 0; operations[i]; i++)
        for (unsigned service = SERVICE_IVS; service <= SERVICE_REALTIME; service *= 2)
            count += (operations[i]->services & service) != 0;
    assert_int_equal(count, json_array_size(facts));
    json_decref(facts);
}

/* --- calls that break one constraint --- */

struct breaking {
    struct api_fixture *f;
    json_t *fact;     /* of the operation */
    const char *at;   /* the member, as messages name it */
    json_t *input;    /* of the operation, right but for one member */
    json_t *object;   /* that holds the member (or the list that holds the value) */
    const char *name; /* of the member; NULL: the first element of the list */
    int count;        /* of calls made */
};

static void send(struct breaking *b, json_t *wrong, const char *error)
{
    struct api_fixture *f = b->f;

    if (b->name)
        json_object_set_new(b->object, b->name, wrong);
    else
        json_array_set_new(b->object, 0, wrong);
    fact_call(f, b->fact, b->input, RIGHT_ARN("channel"));
    if (f->reply.status != 400 || strcmp(reply_header(f, "x-amzn-errortype"), error) ||
        !strstr(answer_text(f, "message"), b->at))
        fail_msg("%s, %s: %d %.*s", fact_text(b->fact, "operation"), b->at, f->reply.status,
                 (int)f->reply.body_len, f->reply.body);
    b->count++;
}

static const char *letters(struct arena *arena, int64_t len)
{
    char *text = arena_alloc(arena, (size_t)len + 1);

    memset(text, 'a', (size_t)len);
    text[len] = '\0';
    return text;
}

static void break_string(struct breaking *b, json_t *fact)
{
    int64_t min = json_integer_value(json_object_get(fact, "min"));
    int64_t max = json_integer_value(json_object_get(fact, "max"));

    send(b, json_integer(7), "SerializationException");
    if (max)
        send(b, json_string(letters(b->f->arena, max + 1)), "ValidationException");
    if (min > 0)
        send(b, json_string(""), "ValidationException");
    if (fact_text(fact, "pattern"))
        send(b, json_string("\x01 not this \x7f"), "ValidationException");
}

static void break_number(struct breaking *b, json_t *fact)
{
    json_t *max = json_object_get(fact, "max");

    send(b, json_string("7"), "SerializationException");
    if (max)
        send(b, json_integer(json_integer_value(max) + 1), "ValidationException");
    send(b, json_integer(json_integer_value(json_object_get(fact, "min")) - 1),
         "ValidationException");
}

static void break_members(struct breaking *b, json_t *members, json_t *object, const char *at);
static void break_value(struct breaking *b, json_t *fact);

static json_t *many(struct arena *arena, json_t *fact, int64_t count)
{
    json_t *list = json_array();

    while (count--)
        json_array_append_new(list, right_value(arena, json_object_get(fact, "item")));
    return list;
}

static void break_list(struct breaking *b, json_t *fact)
{
    json_t *min = json_object_get(fact, "min"), *max = json_object_get(fact, "max");
    struct breaking item = *b;
    json_t *list;

    send(b, json_string("no list"), "SerializationException");
    if (max)
        send(b, many(b->f->arena, fact, json_integer_value(max) + 1), "ValidationException");
    if (min)
        send(b, json_array(), "ValidationException");
    list = many(b->f->arena, fact, 1);
    json_object_set_new(b->object, b->name, list);
    item.at = arena_printf(b->f->arena, "%s.1.member", b->at);
    item.object = list;
    item.name = NULL;
    break_value(&item, json_object_get(fact, "item"));
    b->count = item.count;
}

static void break_map(struct breaking *b, json_t *fact)
{
    int64_t max = json_integer_value(json_object_get(fact, "max"));
    json_t *key = json_object_get(fact, "key"), *map = json_object();
    int64_t key_max = json_integer_value(json_object_get(key, "max"));

    for (int64_t i = 0; max && i <= max; i++)
        json_object_set_new(map, arena_printf(b->f->arena, "k%lld", (long long)i), json_string(""));
    send(b, json_string("no map"), "SerializationException");
    if (max)
        send(b, map, "ValidationException");
    else
        json_decref(map);
    if (key_max) {
        send(b, json_pack("{s:s}", letters(b->f->arena, key_max + 1), "x"), "ValidationException");
        send(b, json_pack("{s:s}", "k", letters(b->f->arena, 257)), "ValidationException");
    }
}

static void break_value(struct breaking *b, json_t *fact)
{
    const char *type = fact_text(fact, "type");

    if (!strcmp(type, "string")) {
        break_string(b, fact);
    } else if (!strcmp(type, "enum")) {
        send(b, json_string("NO_SUCH_THING"), "ValidationException");
        send(b, json_integer(1), "SerializationException");
    } else if (!strcmp(type, "boolean")) {
        send(b, json_string("true"), "SerializationException");
    } else if (!strcmp(type, "integer") || !strcmp(type, "float")) {
        break_number(b, fact);
    } else if (!strcmp(type, "list")) {
        break_list(b, fact);
    } else if (!strcmp(type, "map")) {
        break_map(b, fact);
    } else {
        json_t *object = right_value(b->f->arena, fact);

        send(b, json_string("no structure"), "SerializationException");
        if (b->name)
            json_object_set_new(b->object, b->name, object);
        else
            json_array_set_new(b->object, 0, object);
        break_members(b, json_object_get(fact, "members"), object, b->at);
    }
}

/* Every member of `object` in turn, which is right again afterwards. */
static void break_members(struct breaking *b, json_t *members, json_t *object, const char *at)
{
    const char *name;
    json_t *fact;

    json_object_foreach(members, name, fact)
    {
        struct breaking one = *b;

        if (fact_text(fact, "source"))
            continue;
        one.object = object;
        one.name = name;
        one.at = *at ? arena_printf(b->f->arena, "%s.%s", at, name) : name;
        break_value(&one, fact);
        if (json_is_true(json_object_get(fact, "required"))) {
            send(&one, json_null(), "ValidationException");
            json_object_set_new(object, name, right_value(b->f->arena, fact));
        } else {
            json_object_del(object, name);
        }
        b->count = one.count;
    }
}

static void every_broken_constraint_is_named(void **state)
{
    struct breaking b = { .f = *state };
    json_t *facts = facts_load();
    size_t i;

    json_array_foreach(facts, i, b.fact)
    {
        json_t *members = json_object_get(b.fact, "input");

        b.input = right_members(b.f->arena, members);
        break_members(&b, members, b.input, "");
        json_decref(b.input);
    }
    assert_true(b.count > 800);
    json_decref(facts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_say_what_the_descriptions_say),
        cmocka_unit_test(there_are_no_other_operations),
        API_TEST(every_broken_constraint_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
