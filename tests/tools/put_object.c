/* SPDX-License-Identifier: Apache-2.0 */
/* Writes standard input under a key, through the server's own S3 store:
 *
 *     put_object ENDPOINT REGION BUCKET KEY <file
 *
 * with the AWS_* variables. Ends with 0, or says what went wrong. */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "objects/object_store.h"
#include "objects/s3_store.h"

#define OBJECT_MAX ((size_t)64 * 1024 * 1024)

static int read_all(struct buf *out)
{
    char chunk[65536];
    size_t got;

    while ((got = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
        buf_append(out, chunk, got);
    return out->err;
}

int main(int argc, char **argv)
{
    struct s3_store_config config = { .policies = S3_POLICIES_NEVER };
    struct object_store *store = NULL;
    struct buf data;
    int err;

    if (argc != 5)
        return 2;
    config.endpoint = argv[1];
    config.region = argv[2];
    buf_init(&data, OBJECT_MAX);
    err = read_all(&data);
    if (!err)
        err = s3_store_create(&store, &config);
    if (!err)
        err = object_store_put(
            store, argv[3],
            &(struct object){ .key = argv[4], .data = buf_str(&data), .len = data.len });
    if (err)
        fprintf(stderr, "put_object: %s\n", err_str(err));
    object_store_destroy(store);
    buf_clear(&data);
    return err != 0;
}
