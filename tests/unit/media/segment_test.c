/* SPDX-License-Identifier: Apache-2.0 */
#include "media/segment.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "segment_fixture.h"

#define WHOLE "<part 0><part 1><part 2>"

static void lists_the_bytes_of_its_parts(void **state)
{
    struct segment *segment = make_segment(0, 3, 3);
    struct slice slices[3];

    make_part_gap(segment->parts[1]);
    assert_int_equal(segment_slices(segment, 0, slices), 2);
    assert_ptr_equal(slices[0].owner, segment->parts[0]->data);
    assert_ptr_equal(slices[1].owner, segment->parts[2]->data);
    assert_int_equal(segment_slices(segment, 1, slices), 1);
    assert_int_equal(segment_size(segment), strlen("<part 0><part 2>"));
    segment_unref(segment);
}

static void is_joined_in_one_file_once_several_have_asked(void **state)
{
    struct segment *segment = make_segment(0, 3, 3);
    struct bytes *file = NULL;

    assert_null(segment_in_file(segment)); /* for one viewer it would be a waste */
    for (int i = 0; i < 10 && !file; i++)
        file = segment_in_file(segment);
    assert_non_null(file);
    assert_true(file->fd >= 0);
    assert_int_equal(file->len, strlen(WHOLE));
    assert_memory_equal(file->data, WHOLE, strlen(WHOLE));
    assert_ptr_equal(segment_in_file(segment), file);
    segment_unref(segment);
}

/* Until there is a file: one of those who ask makes it, the others get none meanwhile. */
static void *ask_often(void *arg)
{
    int64_t give_up_ms = clock_mono_ms() + 10000;
    struct bytes *file;

    do
        file = segment_in_file(arg);
    while (!file && clock_mono_ms() < give_up_ms);
    return file;
}

static void has_one_file_whoever_asks(void **state)
{
    struct segment *segment = make_segment(0, 3, 3);
    pthread_t threads[4];
    void *found;

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, segment), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], &found);
        assert_non_null(found);
        assert_ptr_equal(found, segment_in_file(segment));
    }
    segment_unref(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_the_bytes_of_its_parts),
        cmocka_unit_test(is_joined_in_one_file_once_several_have_asked),
        cmocka_unit_test(has_one_file_whoever_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
