/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to S3 as they go over the wire: where the bucket and key stand in the URL, and the
 * signature. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * Pure. Thread: any. */
#ifndef OBJECTS_S3_REQUEST_H
#define OBJECTS_S3_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_server.h"

struct arena;
struct aws_credentials;

/* Where a service stands. A bucket's name goes before the path of its keys, or into the host: where
 * the URL says "{bucket}" there, and at AWS, except for names with dots, which no certificate of
 * AWS's covers. */
struct s3_endpoint {
    const char *scheme;    /* "http" or "https" */
    const char *authority; /* "s3.us-west-2.amazonaws.com", "{bucket}.s3.example.com:9000" */
    const char *path;      /* "/prefix"; "" */
    bool is_aws;
};

/* In the arena. -EINVAL if `url` is not http(s)://host[:port][/path]. */
int s3_endpoint_parse(struct s3_endpoint *out, struct arena *arena, const char *url);

struct s3_request {
    const char *method;
    const char *bucket;
    const char *key;                   /* NULL: the bucket itself */
    const char *query;                 /* encoded, such as "policy"; "" */
    const struct http_header *headers; /* names in lower case; signed with the rest */
    size_t header_count;
    const void *body;
    size_t body_len;
};

struct s3_signed_request {
    const char *url;
    const struct http_header *headers; /* all that must be sent: host and authorization too */
    size_t header_count;
};

/* Signs for now (`wall_ms`). In the arena; strings of `request` and `credentials` are borrowed for
 * as long. -E2BIG for too many headers, -EMSGSIZE for too much text. */
int s3_request_sign(struct s3_signed_request *out, struct arena *arena,
                    const struct s3_endpoint *endpoint, const struct aws_credentials *credentials,
                    const char *region, int64_t wall_ms, const struct s3_request *request);

#endif
