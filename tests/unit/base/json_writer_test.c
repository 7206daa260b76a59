/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"

static void separates_members_and_items(void **state)
{
    struct json_writer w;
    struct buf text;

    buf_init(&text, 1000);
    json_writer_init(&w, &text);
    write_object(&w, NULL);
    write_array(&w, "a");
    write_object(&w, NULL);
    write_object_end(&w);
    write_int(&w, NULL, -5);
    write_array_end(&w);
    write_object(&w, "b");
    write_bool(&w, "c", true);
    write_double(&w, "d", 29.97);
    write_double(&w, "e", 30);
    write_object_end(&w);
    write_json(&w, "tags", "{}");
    write_object_end(&w);
    assert_string_equal(buf_str(&text),
                        "{\"a\":[{},-5],\"b\":{\"c\":true,\"d\":29.97,\"e\":30},\"tags\":{}}");
    buf_clear(&text);
}

static void adds_the_members_of_another_object(void **state)
{
    struct json_writer w;
    struct buf text;

    buf_init(&text, 1000);
    json_writer_init(&w, &text);
    write_object(&w, NULL);
    write_members(&w, "{}");
    write_members(&w, "{\"a\":{\"b\":1}}");
    write_members(&w, "{ }");
    write_members(&w, "{\"c\":2}");
    write_string(&w, "d", "e");
    write_object_end(&w);
    assert_string_equal(buf_str(&text), "{\"a\":{\"b\":1},\"c\":2,\"d\":\"e\"}");
    buf_clear(&text);
}

static void escapes_so_that_any_text_survives(void **state)
{
    char nasty[256];
    struct json_writer w;
    struct buf text;
    json_t *read;

    for (int i = 0; i < 127; i++)
        nasty[i] = (char)(i + 1);
    strcpy(nasty + 127, "\xe1\x88\xb4 \xf0\x9f\x8e\xa5");
    buf_init(&text, 1000);
    json_writer_init(&w, &text);
    write_array(&w, NULL);
    write_string(&w, NULL, nasty);
    write_string(&w, NULL, "");
    write_array_end(&w);
    read = json_loads(buf_str(&text), 0, NULL);
    assert_non_null(read);
    assert_string_equal(json_string_value(json_array_get(read, 0)), nasty);
    json_decref(read);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separates_members_and_items),
        cmocka_unit_test(adds_the_members_of_another_object),
        cmocka_unit_test(escapes_so_that_any_text_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
