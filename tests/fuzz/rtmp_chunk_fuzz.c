/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks in, fed in pieces of the size that the first byte says: the messages are as when fed
 * whole. */
#include <stdlib.h>
#include <string.h>

#include "ingest/rtmp_chunk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct result {
    int count, last; /* messages, and what ended it */
    uint64_t sum;    /* of all that was in them */
};

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x9e3779b97f4a7c15;
}

static struct result read_all(const uint8_t *data, size_t len, size_t step)
{
    struct rtmp_chunk_reader *r = rtmp_chunk_reader_create();
    struct result result = { 0 };
    struct rtmp_message message;

    rtmp_chunk_allow_media(r, true);
    for (size_t at = 0; at < len && result.last >= 0; at += step) {
        const uint8_t *piece = data + at;
        size_t left = len - at < step ? len - at : step;

        while ((result.last = rtmp_chunk_read(r, &piece, &left, &message)) == 1) {
            result.count++;
            result.sum = mix(result.sum, message.type);
            result.sum = mix(result.sum, message.stream_id);
            result.sum = mix(result.sum, message.timestamp);
            for (size_t i = 0; i < message.payload->len; i++)
                result.sum = mix(result.sum, message.payload->data[i]);
            bytes_unref(message.payload);
        }
    }
    rtmp_chunk_reader_destroy(r);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct result whole, torn;

    if (len < 2)
        return 0;
    whole = read_all(data + 1, len - 1, len - 1);
    torn = read_all(data + 1, len - 1, data[0] ? data[0] : 1);
    if (whole.count != torn.count || whole.last != torn.last || whole.sum != torn.sum)
        abort();
    return 0;
}
