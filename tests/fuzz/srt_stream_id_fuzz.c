/* SPDX-License-Identifier: Apache-2.0 */
/* The stream id of an SRT handshake, in any form: what is let through must have a key. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/srt_stream_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = mem_zalloc(len + 1);
    struct stream_name name;

    memcpy(text, data, len);
    if (srt_stream_id_parse(&name, text) == 0 && (!*name.key || strchr(name.key, '/')))
        abort();
    mem_free(text);
    return 0;
}
