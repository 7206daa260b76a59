/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"

static struct slice slice_of_text(const char *text)
{
    return (struct slice){ .data = (const uint8_t *)text, .len = strlen(text) };
}

static struct bytes *make_file(void)
{
    struct slice pieces[] = { slice_of_text("one"), slice_of_text(""), slice_of_text("two") };

    return bytes_file_create(pieces, ARRAY_LEN(pieces));
}

static void joins_the_pieces_in_memory_and_in_the_file(void **state)
{
    struct bytes *bytes = make_file();
    char text[7] = "";

    assert_non_null(bytes);
    assert_int_equal(bytes->len, 6);
    assert_memory_equal(bytes->data, "onetwo", 6);
    assert_int_equal(pread(bytes->fd, text, sizeof(text), 0), 6);
    assert_string_equal(text, "onetwo");
    bytes_unref(bytes);
}

static void cannot_be_changed(void **state)
{
    struct bytes *bytes = make_file();

    assert_int_equal(pwrite(bytes->fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(bytes->fd, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_ptr_equal(mmap(NULL, 6, PROT_WRITE, MAP_SHARED, bytes->fd, 0), MAP_FAILED);
    assert_int_equal(fcntl(bytes->fd, F_ADD_SEALS, F_SEAL_WRITE), -1); /* not even the seals */
    bytes_unref(bytes);
}

static void lives_as_long_as_somebody_refers_to_it(void **state)
{
    struct bytes *bytes = make_file();
    int fd = bytes->fd;

    bytes_ref(bytes);
    bytes_unref(bytes);
    assert_memory_equal(bytes->data, "onetwo", 6);
    bytes_unref(bytes);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
}

static void takes_a_quarter_of_the_descriptors_at_most(void **state)
{
    struct rlimit before, scarce;
    struct bytes *bytes[6];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    scarce = (struct rlimit){ .rlim_cur = 20, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &scarce), 0);
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        bytes[i] = make_file();
    for (size_t i = 0; i < 5; i++)
        assert_non_null(bytes[i]);
    assert_null(bytes[5]);
    bytes_unref(bytes[0]);
    bytes[0] = make_file();
    assert_non_null(bytes[0]);
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        bytes_unref(bytes[i]);
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_the_pieces_in_memory_and_in_the_file),
        cmocka_unit_test(cannot_be_changed),
        cmocka_unit_test(lives_as_long_as_somebody_refers_to_it),
        cmocka_unit_test(takes_a_quarter_of_the_descriptors_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
