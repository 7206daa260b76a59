/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says of its signature: an Authorization header and date, or a query; and the
 * canonical request that follows. Lines of the input: authorization, date, path, query. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "api/sigv4_auth.h"
#include "base/arena.h"
#include "base/buf.h"
#include "net/http_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    char *rest = arena_strndup(arena, (const char *)data, size);
    const char *parts[4] = { "", "", "", "" };
    struct auth_failure failure;
    struct sigv4_claim claim;
    struct buf text;

    for (int i = 0; i < 4 && rest; i++)
        parts[i] = strsep(&rest, "\n");
    struct http_header headers[] = { { "host", "h" },
                                     { "x-amz-date", parts[1] },
                                     { "authorization", parts[0] } };
    struct http_request request = { .method = "POST",
                                    .path = parts[2],
                                    .query = parts[3],
                                    .headers = headers,
                                    .header_count = *parts[0] ? 3 : 2 };
    if (!sigv4_claim_read(&claim, arena, &request, &failure)) {
        struct sigv4_request r = { .method = "POST",
                                   .path = request.path,
                                   .query = request.query,
                                   .headers = headers,
                                   .header_count = request.header_count,
                                   .signed_headers = claim.signed_headers,
                                   .payload_hash = "x" };

        buf_init(&text, 65536);
        sigv4_canonical_request(&text, &r);
        buf_clear(&text);
    }
    arena_destroy(arena);
    return 0;
}
