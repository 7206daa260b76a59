/* SPDX-License-Identifier: Apache-2.0 */
/* An S3 service's refusal: its status in the first two bytes, then the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "objects/s3_error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts end, and hold nothing that a terminal would obey. */
static void check(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    if (len == size)
        abort();
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] >= 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3_error error;
    int status;

    if (size < 2)
        return 0;
    status = (data[0] << 8 | data[1]) % 600;
    s3_error_parse(&error, (const char *)data + 2, size - 2);
    check(error.code, sizeof(error.code));
    check(error.message, sizeof(error.message));
    check(error.region, sizeof(error.region));
    if (s3_error_is_passing(status, &error) && !s3_error_errno(status, &error))
        abort();
    return 0;
}
