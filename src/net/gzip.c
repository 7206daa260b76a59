/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "net/http_server.h"

#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way of asking for a gzip header */
#define GZIP_MEMORY      8

/* What follows the coding's name, such as ";q=0.5": whether its weight is zero. */
static bool is_refused(const char *params, size_t len)
{
    const char *q = memchr(params, 'q', len);

    if (!q)
        q = memchr(params, 'Q', len);
    return q && q[1] == '=' && q[2] == '0' && strspn(q + 2, "0.") == strcspn(q + 2, " \t,;");
}

bool http_accepts_gzip(const struct http_request *request)
{
    const char *at = http_header(request, "accept-encoding");

    while (at && *at) {
        size_t name_len, item_len;
        at += strspn(at, " \t,");
        name_len = strcspn(at, " \t,;");
        item_len = strcspn(at, ",");
        if ((name_len == 4 && strncasecmp(at, "gzip", 4) == 0) || (name_len == 1 && *at == '*'))
            return !is_refused(at + name_len, item_len - name_len);
        at += item_len;
    }
    return false;
}

struct bytes *gzip_compress(const void *data, size_t len)
{
    z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)len };
    struct bytes *out;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); /* out of memory: as mem_alloc() */
    out = bytes_create(deflateBound(&z, (uLong)len));
    z.next_out = out->data;
    z.avail_out = (uInt)out->len;
    deflate(&z, Z_FINISH); /* the bound leaves room for all of it */
    out->len = z.total_out;
    deflateEnd(&z);
    return out;
}
