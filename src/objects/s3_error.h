/* SPDX-License-Identifier: Apache-2.0 */
/* What S3 says when it refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * Pure. Thread: any. */
#ifndef OBJECTS_S3_ERROR_H
#define OBJECTS_S3_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Texts as they may go into a log: printable ASCII, cut where they are too long; "" if missing. */
struct s3_error {
    char code[64]; /* "NoSuchBucket" */
    char message[256];
    char region[64]; /* where the bucket is, if the service says so */
};

/* Reads <Error><Code>... of a body of any origin; what is no such document leaves all "". */
void s3_error_parse(struct s3_error *out, const char *body, size_t len);

/* What an answer of that HTTP status means: 0 for 2xx, else an error of objects/object_store.h;
 * -ENODATA if there is no policy, -EIO for what nobody foresaw. */
int s3_error_errno(int status, const struct s3_error *error);
/* May the same request succeed a moment later? */
bool s3_error_is_passing(int status, const struct s3_error *error);

#endif
