/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/bytes.h"
#include "net/http_server.h"

static const char *accept_encoding;

const char *http_header(const struct http_request *request, const char *name)
{
    return strcmp(name, "accept-encoding") == 0 ? accept_encoding : NULL;
}

static bool accepts(const char *value)
{
    accept_encoding = value;
    return http_accepts_gzip(&(struct http_request){ 0 });
}

static void accepts_what_the_header_allows(void **state)
{
    assert_false(accepts(NULL));
    assert_false(accepts(""));
    assert_false(accepts("identity"));
    assert_false(accepts("br, deflate"));
    assert_false(accepts("xgzip, gzipx"));
    assert_true(accepts("gzip"));
    assert_true(accepts("deflate, GZip;q=0.5"));
    assert_true(accepts("br;q=1.0, gzip ; q=0.001, *;q=0"));
    assert_true(accepts("*"));
    assert_false(accepts("gzip;q=0"));
    assert_false(accepts("br, gzip; q=0.000, identity"));
    assert_false(accepts("*;q=0"));
}

static void zlib_reads_back_what_went_in(void **state)
{
    static uint8_t in[100000], out[100000];
    struct bytes *packed;
    z_stream z = { 0 };

    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * i >> 7);
    packed = gzip_compress(in, sizeof(in));
    z.next_in = packed->data;
    z.avail_in = (uInt)packed->len;
    z.next_out = out;
    z.avail_out = sizeof(out);
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, sizeof(in));
    assert_memory_equal(in, out, sizeof(in));
    inflateEnd(&z);
    bytes_unref(packed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_the_header_allows),
        cmocka_unit_test(zlib_reads_back_what_went_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
