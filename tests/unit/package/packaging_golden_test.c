/* SPDX-License-Identifier: Apache-2.0 */
/* A tiny broadcast, 32x32 with B-frames and mono sound, against the files in golden/: every byte of
 * it, as ffprobe and players have found it good. After an intended change: run with GOLDEN_UPDATE=1
 * and look at the files with ffprobe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tests/flv_file.h"
#include "tests/package_chain.h"

#define FILE_MAX (64 << 10)

struct fixture {
    struct package_chain chain;
    struct buf out;
    int init_number;
};

static void on_part(struct segment *growing, void *ctx)
{
    struct fixture *f = ctx;
    const struct bytes *data = growing->parts[growing->part_count - 1]->data;

    if (growing->init && growing->init_number > f->init_number) {
        buf_append(&f->out, growing->init->data, growing->init->len);
        f->init_number = growing->init_number;
    }
    buf_append(&f->out, data->data, data->len);
}

static void on_segment(struct segment *segment, void *ctx)
{
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    chain_push(&f->chain, packet);
}

static size_t read_file(const char *path, uint8_t data[FILE_MAX])
{
    FILE *file = fopen(path, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(data, 1, FILE_MAX, file);
    fclose(file);
    return len;
}

static void write_file(const char *path, const struct buf *content)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content->data, 1, content->len, file), content->len);
    fclose(file);
}

static void expect_golden(const struct mux_format *format, const char *path)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct fixture f = { .init_number = -1 };
    uint8_t *data = mem_alloc(FILE_MAX);
    struct flv_file flv = { 0 };

    buf_init(&f.out, FILE_MAX);
    chain_init(&f.chain, format, &events, &f);
    f.chain.has_no_segment_tags = true;
    flv_file_read(&flv, data, read_file(TEST_VECTORS "/package/tiny.flv", data), on_packet, &f);
    chain_pause(&f.chain);
    assert_int_equal(f.chain.err, 0);
    if (getenv("GOLDEN_UPDATE"))
        write_file(path, &f.out);
    assert_int_equal(read_file(path, data), f.out.len);
    assert_memory_equal(data, f.out.data, f.out.len);
    chain_clear(&f.chain);
    flv_file_clear(&flv);
    buf_clear(&f.out);
    mem_free(data);
}

static void writes_the_same_transport_stream(void **state)
{
    expect_golden(&mux_mpegts, TEST_UNIT "/package/golden/tiny.ts");
}

static void writes_the_same_fragmented_mp4(void **state)
{
    expect_golden(&mux_fmp4, TEST_UNIT "/package/golden/tiny.mp4");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_same_transport_stream),
        cmocka_unit_test(writes_the_same_fragmented_mp4),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
