/* SPDX-License-Identifier: Apache-2.0 */
#include "api/input.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "api/pattern.h"
#include "base/arena.h"

struct inner {
    const int64_t *depth;
};

struct everything {
    const char *name;
    const int *color;
    const bool *is_on;
    const int64_t *count;
    const double *ratio;
    const struct inner *inner;
    const struct input_list *names;
    const struct input_list *inners;
    const struct input_map *tags;
    const char *label;
    const struct input_list *keys;
};
#define AT(member) offsetof(struct everything, member)

static const char *const colors[] = { "RED", "GREEN", "", NULL };
static struct pattern lower = { .text = "[a-z\xc3\xa9]*" };

/* clang-format off */
static const struct field inner_fields[] = {
    { "depth", FIELD_INT, offsetof(struct inner, depth), .is_required = true, .max = 9 },
    { 0 },
};
static const struct field name_item = { .type = FIELD_STRING, .min = 1, .max = 3, .pattern = &lower };
static const struct field inner_item = {
    .type = FIELD_STRUCT, .fields = inner_fields, .size = sizeof(struct inner)
};
static const struct field tag_key = { .min = 1, .max = 4 }, tag_value = { .max = 5 };
static const struct field fields[] = {
    { "name",   FIELD_STRING, AT(name), .is_required = true, .max = 4, .pattern = &lower },
    { "color",  FIELD_ENUM, AT(color), .one_of = colors },
    { "isOn",   FIELD_BOOL, AT(is_on) },
    { "count",  FIELD_INT, AT(count), .min = 1, .max = 100 },
    { "ratio",  FIELD_FLOAT, AT(ratio), .min = 1, .max = 60 },
    { "inner",  FIELD_STRUCT, AT(inner), .fields = inner_fields, .size = sizeof(struct inner) },
    { "names",  FIELD_LIST, AT(names), .min = 1, .max = 2, .item = &name_item },
    { "inners", FIELD_LIST, AT(inners), .item = &inner_item },
    { "tags",   FIELD_MAP, AT(tags), .max = 2, .key = &tag_key, .item = &tag_value },
    { "label",  FIELD_STRING, AT(label), .source = FROM_PATH, .max = 10 },
    { "keys",   FIELD_LIST, AT(keys), .source = FROM_QUERY, .item = &name_item },
    { 0 },
};
/* clang-format on */

struct fixture {
    struct arena *arena;
    const char *message;
};

static int setup(void **state)
{
    static struct fixture f;

    f.arena = arena_create();
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(((struct fixture *)*state)->arena);
    return 0;
}

static int read_from(struct fixture *f, const struct everything **out,
                     const struct input_source *source)
{
    const void *input = NULL;
    int err;

    f->message = NULL;
    err = input_read(&input, f->arena, fields, sizeof(struct everything), source, &f->message);
    *out = input;
    return err;
}

static int read_body(struct fixture *f, const struct everything **out, const char *body)
{
    struct input_source source = { .body = body, .body_len = strlen(body), .query = "" };

    return read_from(f, out, &source);
}

static void reads_every_type(void **state)
{
    struct fixture *f = *state;
    const struct everything *in;
    const struct inner *second;

    assert_int_equal(
        read_body(f, &in,
                  "{\"name\":\"abc\",\"color\":\"GREEN\",\"isOn\":true,\"count\":7,\"ratio\":29.97,"
                  "\"inner\":{\"depth\":3},\"names\":[\"a\",null,\"b\"],"
                  "\"inners\":[{\"depth\":1},{\"depth\":2}],\"tags\":{\"k\":\"v\",\"n\":null}}"),
        -EINVAL); /* names: null counts against the most of 2 */
    assert_int_equal(
        read_body(f, &in,
                  "{\"name\":\"abc\",\"color\":\"GREEN\",\"isOn\":true,\"count\":7,\"ratio\":29.97,"
                  "\"inner\":{\"depth\":3},\"names\":[\"a\",\"b\"],"
                  "\"inners\":[{\"depth\":1},{\"depth\":2}],\"tags\":{\"k\":\"v\",\"n\":null}}"),
        0);
    assert_string_equal(in->name, "abc");
    assert_int_equal(*in->color, 1);
    assert_true(*in->is_on);
    assert_int_equal(*in->count, 7);
    assert_true(*in->ratio == 29.97);
    assert_int_equal(*in->inner->depth, 3);
    assert_int_equal(in->names->count, 2);
    assert_string_equal(in->names->items[1], "b");
    second = in->inners->items[1];
    assert_int_equal(*second->depth, 2);
    assert_int_equal(in->tags->count, 1);
    assert_string_equal(in->tags->items[0].key, "k");
    assert_string_equal(in->tags->items[0].value, "v");
}

static void null_and_unknown_members_are_as_absent(void **state)
{
    struct fixture *f = *state;
    const struct everything *in;

    assert_int_equal(read_body(f, &in, "{\"name\":\"\",\"color\":null,\"tags\":null,\"x\":[1]}"),
                     0);
    assert_null(in->color);
    assert_null(in->tags);
    assert_null(in->names);
    assert_int_equal(read_body(f, &in, "{\"name\":\"\",\"color\":\"\"}"), 0);
    assert_int_equal(*in->color, 2);
}

static void reads_the_address_beside_the_body(void **state)
{
    struct fixture *f = *state;
    const struct everything *in;
    struct input_source source = { .body = "{\"name\":\"a\",\"label\":\"b\",\"keys\":[\"c\"]}",
                                   .label = "x/y",
                                   .query = "keys=d&other=1&keys=%65" };

    source.body_len = strlen(source.body);
    assert_int_equal(read_from(f, &in, &source), 0);
    assert_string_equal(in->label, "x/y");
    assert_int_equal(in->keys->count, 2);
    assert_string_equal(in->keys->items[1], "e");
}

static void says_which_member_breaks_which_rule(void **state)
{
    static const struct {
        const char *body, *message;
    } cases[] = {
        { "", "Value at 'name' failed to satisfy constraint: Member must not be null" },
        { "{\"name\":null}", "at 'name'" },
        { "{\"name\":\"abcde\"}",
          "Value 'abcde' at 'name' failed to satisfy constraint: Member must have length less than "
          "or equal to 4" },
        { "{\"name\":\"A\"}",
          "Value 'A' at 'name' failed to satisfy constraint: Member must satisfy regular "
          "expression pattern: [a-z" },
        { "{\"name\":\"a\\n\"}", "at 'name'" },
        { "{\"name\":\"a\\u0000b\"}", "at 'name'" },
        { "{\"name\":\"\",\"color\":\"BLUE\"}",
          "Value 'BLUE' at 'color' failed to satisfy constraint: Member must satisfy enum value "
          "set: [RED, GREEN]" },
        { "{\"name\":\"\",\"count\":101}",
          "Value '101' at 'count' failed to satisfy constraint: Member must have value less than "
          "or equal to 100" },
        { "{\"name\":\"\",\"count\":0}", "greater than or equal to 1" },
        { "{\"name\":\"\",\"ratio\":60.5}", "at 'ratio'" },
        { "{\"name\":\"\",\"inner\":{}}", "at 'inner.depth'" },
        { "{\"name\":\"\",\"names\":[]}", "at 'names'" },
        { "{\"name\":\"\",\"names\":[\"a\",\"\"]}", "at 'names.2.member'" },
        { "{\"name\":\"\",\"inners\":[{\"depth\":10}]}", "at 'inners.1.member.depth'" },
        { "{\"name\":\"\",\"tags\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}", "at 'tags'" },
        { "{\"name\":\"\",\"tags\":{\"abcde\":\"\"}}",
          "Value 'abcde' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
          "[Member must have length less than or equal to 4]" },
        { "{\"name\":\"\",\"tags\":{\"a\":\"abcdef\"}}", "Map values must satisfy constraint" },
    };
    struct fixture *f = *state;
    const struct everything *in;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_body(f, &in, cases[i].body), -EINVAL);
        if (strncmp(f->message, "1 validation error detected: Value", 34) ||
            !strstr(f->message, cases[i].message))
            fail_msg("%s: %s", cases[i].body, f->message);
    }
    assert_int_equal(read_body(f, &in, "{\"color\":\"BLUE\"}"), -EINVAL);
    assert_true(!strncmp(f->message, "2 validation errors detected: Value at 'name'", 45));
}

static void lengths_count_characters(void **state)
{
    struct fixture *f = *state;
    const struct everything *in;

    assert_int_equal(read_body(f, &in, "{\"name\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}"), 0);
}

static void a_wrong_type_is_no_validation_error(void **state)
{
    static const char *const bodies[] = {
        "[]",
        "1",
        "{",
        "{\"name\":\"a\"}x",
        "{\"name\":1}",
        "{\"name\":\"\",\"color\":1}",
        "{\"name\":\"\",\"isOn\":\"true\"}",
        "{\"name\":\"\",\"count\":1.5}",
        "{\"name\":\"\",\"count\":99999999999999999999}",
        "{\"name\":\"\",\"ratio\":\"1\"}",
        "{\"name\":\"\",\"inner\":[]}",
        "{\"name\":\"\",\"names\":\"a\"}",
        "{\"name\":\"\",\"names\":[1]}",
        "{\"name\":\"\",\"tags\":[]}",
        "{\"name\":\"\",\"tags\":{\"a\":1}}",
        "{\"name\":\"\xff\"}",
    };
    struct fixture *f = *state;
    const struct everything *in;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(read_body(f, &in, bodies[i]), -EBADMSG);
        assert_non_null(f->message);
    }
}

static void refuses_nesting_that_is_too_deep(void **state)
{
    struct fixture *f = *state;
    const struct everything *in;
    char body[100000];

    memset(body, '[', sizeof(body));
    body[sizeof(body) - 1] = '\0';
    memcpy(body, "{\"x\":", 5);
    assert_int_equal(read_body(f, &in, body), -EBADMSG);
    assert_string_equal(f->message, "The request is nested too deeply");
    assert_int_equal(read_body(f, &in, "{\"name\":\"a\",\"x\":\"[[[[[[[[[[[[[[[[[[[\\\"[[\"}"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_type),
        TEST(null_and_unknown_members_are_as_absent),
        TEST(reads_the_address_beside_the_body),
        TEST(says_which_member_breaks_which_rule),
        TEST(lengths_count_characters),
        TEST(a_wrong_type_is_no_validation_error),
        TEST(refuses_nesting_that_is_too_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
