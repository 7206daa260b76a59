/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/amf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "ingest/amf0_write.h"

#define MAX 4

struct message {
    struct arena *arena;
    struct amf_value values[MAX];
    size_t count;
    int err;
};

static struct message read_message(const void *data, size_t len)
{
    struct message m = { .arena = arena_create() };

    m.err = amf0_read(m.arena, data, len, m.values, MAX, &m.count);
    return m;
}
#define READ(data) read_message(data, sizeof(data))

static void reads_what_it_writes(void **state)
{
    struct message m;
    struct buf out;

    buf_init(&out, 1000);
    amf0_write_string(&out, "onStatus");
    amf0_write_number(&out, -1.5);
    amf0_write_object(&out);
    amf0_write_name(&out, "code");
    amf0_write_string(&out, "NetStream");
    amf0_write_name(&out, "nested");
    amf0_write_ecma_array(&out, 1);
    amf0_write_name(&out, "yes");
    amf0_write_boolean(&out, true);
    amf0_write_object_end(&out);
    amf0_write_object_end(&out);
    amf0_write_strict_array(&out, 2);
    amf0_write_null(&out);
    amf0_write_number(&out, 2);
    m = read_message(out.data, out.len);

    assert_int_equal(m.err, 0);
    assert_int_equal(m.count, 4);
    assert_string_equal(amf_string(&m.values[0]), "onStatus");
    assert_true(amf_number(&m.values[1], 0) == -1.5);
    assert_string_equal(amf_string(amf_get(&m.values[2], "code")), "NetStream");
    assert_true(amf_get(amf_get(&m.values[2], "nested"), "yes")->boolean);
    assert_null(amf_get(&m.values[2], "absent"));
    assert_int_equal(m.values[3].type, AMF_ARRAY);
    assert_int_equal(m.values[3].members->value.type, AMF_NULL);
    assert_true(m.values[3].members->next->value.number == 2);
    arena_destroy(m.arena);
    buf_clear(&out);
}

/* AMF0 2.1: one of each that has no meaning for us, then one that has. */
static void skips_the_markers_that_mean_nothing(void **state)
{
    static const uint8_t undefined_reference_date[] = { 0x06, 0x07, 0, 1, 0x0b, 0x40, 0, 0, 0,  0,
                                                        0,    0,    0, 0, 0,    2,    0, 1, 'x' };
    static const uint8_t long_string_xml_typed[] = {
        0x0c, 0, 0, 0, 1, 'l', 0x0f, 0, 0, 0, 1, 'm', 0x10, 0, 1, 'C', 0, 1, 'a', 5, 0, 0, 9, 0x0d
    };
    struct message m = READ(undefined_reference_date);

    assert_int_equal(m.err, 0);
    assert_int_equal(m.count, 4);
    assert_true(m.values[2].number == 2);
    assert_string_equal(amf_string(&m.values[3]), "x");
    arena_destroy(m.arena);

    m = READ(long_string_xml_typed);
    assert_int_equal(m.err, 0);
    assert_int_equal(m.count, 4);
    assert_string_equal(amf_string(&m.values[0]), "l");
    assert_string_equal(amf_string(&m.values[1]), "m");
    assert_non_null(amf_get(&m.values[2], "a"));
    arena_destroy(m.arena);
}

static void forgives_an_ecma_array_without_end(void **state)
{
    static const uint8_t data[] = { 0x08, 0, 0, 0, 1, 0, 1, 'a', 1, 1 };
    struct message m = READ(data);

    assert_int_equal(m.err, 0);
    assert_true(amf_get(&m.values[0], "a")->boolean);
    arena_destroy(m.arena);
}

static void a_string_with_nul_is_no_text(void **state)
{
    static const uint8_t data[] = { 2, 0, 3, 'a', 0, 'b' };
    struct message m = READ(data);

    assert_int_equal(m.err, 0);
    assert_int_equal(m.values[0].string_len, 3);
    assert_string_equal(amf_string(&m.values[0]), "");
    arena_destroy(m.arena);
}

/* Every beginning of a message falls short somewhere, and says so or ends with whole values. */
static void survives_every_cut(void **state)
{
    static const uint8_t data[] = { 2, 0,    1,    'a',  3, 0, 1,   'b', 0x0a, 0, 0, 0,
                                    1, 0,    1,    2,    3, 4, 5,   6,   7,    8, 0, 0,
                                    9, 0x11, 0x0a, 0x0b, 1, 3, 'k', 4,   1,    1 };
    struct message m;

    for (size_t len = 0; len < sizeof(data); len++) {
        m = read_message(data, len);
        assert_true(m.err == -EINVAL || len == 0 || len == 4 || len == 25);
        arena_destroy(m.arena);
    }
    m = READ(data);
    assert_int_equal(m.err, 0);
    arena_destroy(m.arena);
}

static void bounds_depth_and_number(void **state)
{
    static const uint8_t huge_array[] = { 0x0a, 0xff, 0xff, 0xff, 0xff };
    uint8_t deep[6 * 64], many[5 + AMF_VALUES_MAX + 1];
    struct message m;

    for (size_t i = 0; i < sizeof(deep); i += 5)
        memcpy(deep + i, "\x0a\0\0\0\x01", i + 5 <= sizeof(deep) ? 5 : sizeof(deep) - i);
    m = READ(deep);
    assert_int_equal(m.err, -EMSGSIZE);
    arena_destroy(m.arena);

    memset(many, 5, sizeof(many));
    memcpy(many, "\x0a\0\0\xff\xff", 5);
    m = READ(many);
    assert_int_equal(m.err, -EMSGSIZE);
    arena_destroy(m.arena);

    m = READ(huge_array);
    assert_int_equal(m.err, -EINVAL);
    arena_destroy(m.arena);
}

static void refuses_unknown_markers(void **state)
{
    static const uint8_t data[] = { 0x0e };
    static const uint8_t amf3[] = { 0x11, 0x12 };
    struct message m = READ(data);

    assert_int_equal(m.err, -EINVAL);
    arena_destroy(m.arena);
    m = READ(amf3);
    assert_int_equal(m.err, -EINVAL);
    arena_destroy(m.arena);
}

/* AMF3 3.1 to 3.8: integers of 1, 2 and 4 bytes, -1, a string and a reference to it. */
static void reads_amf3_scalars(void **state)
{
    static const uint8_t data[] = {
        0x11, 0x09, 0x11, 0x01,                      /* an array of 8 */
        0x04, 0x7f,                                  /* 127 */
        0x04, 0x81, 0x00,                            /* 128 */
        0x04, 0xff, 0xff, 0xff, 0xff,                /* -1 */
        0x06, 0x07, 'a',  'b',  'c',                 /* "abc" */
        0x06, 0x00,                                  /* again */
        0x03, 0x05, 0x3f, 0xf0, 0,    0, 0, 0, 0, 0, /* true, 1.0 */
        0x0c, 0x05, 'x',  'y',                       /* bytes */
    };
    struct message m = READ(data);
    const struct amf_member *at = m.values[0].members;
    static const double numbers[] = { 127, 128, -1 };

    assert_int_equal(m.err, 0);
    for (int i = 0; i < 3; i++, at = at->next)
        assert_true(at->value.number == numbers[i]);
    assert_string_equal(amf_string(&at->value), "abc");
    assert_string_equal(amf_string(&at->next->value), "abc");
    at = at->next->next;
    assert_true(at->value.boolean);
    assert_true(at->next->value.number == 1);
    assert_string_equal(amf_string(&at->next->next->value), "xy");
    arena_destroy(m.arena);
}

/* AMF3 3.12: a class with one name and more to come, then another object of the same class. */
static void reads_amf3_objects(void **state)
{
    static const uint8_t data[] = {
        0x11, 0x0a, 0x1b, 0x03, 'C', 0x03, 'a', 0x04, 1, 0x03, 'b', 0x04, 2, 0x01, /* */
        0x11, 0x0a, 0x01, 0x04, 3,   0x01,
    };
    struct message m = READ(data);

    assert_int_equal(m.err, 0);
    assert_true(amf_number(amf_get(&m.values[0], "a"), 0) == 1);
    assert_true(amf_number(amf_get(&m.values[0], "b"), 0) == 2);
    assert_true(amf_number(amf_get(&m.values[1], "a"), 0) == 3);
    arena_destroy(m.arena);
}

static void skips_amf3_containers(void **state)
{
    static const uint8_t data[] = {
        0x11, 0x0d, 0x05, 0x00, 1,    2,    3,   4,    5, 6, 7, 8, /* vector of int */
        0x11, 0x11, 0x03, 0x00, 0x06, 0x03, 'k', 0x01,             /* dictionary */
        0x11, 0x10, 0x03, 0x00, 0x01, 0x04, 7,                     /* vector of object */
        2,    0,    1,    'z',
    };
    struct message m = READ(data);

    assert_int_equal(m.err, 0);
    assert_int_equal(m.count, 4);
    assert_string_equal(amf_string(&m.values[3]), "z");
    arena_destroy(m.arena);
}

static void refuses_amf3_classes_of_unknown_form(void **state)
{
    static const uint8_t data[] = { 0x11, 0x0a, 0x07, 0x03, 'C', 1 };
    static const uint8_t no_such_class[] = { 0x11, 0x0a, 0x09, 1 };
    struct message m = READ(data);

    assert_int_equal(m.err, -EINVAL);
    arena_destroy(m.arena);
    m = READ(no_such_class);
    assert_int_equal(m.err, -EINVAL);
    arena_destroy(m.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(skips_the_markers_that_mean_nothing),
        cmocka_unit_test(forgives_an_ecma_array_without_end),
        cmocka_unit_test(a_string_with_nul_is_no_text),
        cmocka_unit_test(survives_every_cut),
        cmocka_unit_test(bounds_depth_and_number),
        cmocka_unit_test(refuses_unknown_markers),
        cmocka_unit_test(reads_amf3_scalars),
        cmocka_unit_test(reads_amf3_objects),
        cmocka_unit_test(skips_amf3_containers),
        cmocka_unit_test(refuses_amf3_classes_of_unknown_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
