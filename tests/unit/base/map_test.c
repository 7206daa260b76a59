/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MANY 5000

static int values[MANY];

static char *key_of(char key[16], int i)
{
    snprintf(key, 16, "key-%d", i);
    return key;
}

static void finds_what_remains_after_removals(void **state)
{
    struct map *map = map_create();
    char key[16];

    for (int i = 0; i < MANY; i++)
        assert_null(map_put(map, key_of(key, i), &values[i]));
    for (int i = 0; i < MANY; i += 3)
        assert_ptr_equal(map_remove(map, key_of(key, i)), &values[i]);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(map, key_of(key, i)), i % 3 ? &values[i] : NULL);
    map_destroy(map);
}

static void replaces_and_counts(void **state)
{
    struct map *map = map_create();

    map_put(map, "a", &values[0]);
    assert_ptr_equal(map_put(map, "a", &values[1]), &values[0]);
    assert_int_equal(map_count(map), 1);
    assert_null(map_remove(map, "b"));
    map_destroy(map);
}

static void walks_every_entry_once(void **state)
{
    struct map *map = map_create();
    size_t cursor = 0;
    char key[16];
    int seen = 0;

    for (int i = 0; i < 100; i++)
        map_put(map, key_of(key, i), &values[i]);
    while (map_next(map, &cursor, NULL))
        seen++;
    assert_int_equal(seen, 100);
    map_destroy(map);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_remains_after_removals),
        cmocka_unit_test(replaces_and_counts),
        cmocka_unit_test(walks_every_entry_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
