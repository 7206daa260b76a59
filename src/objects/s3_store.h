/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets on a service that speaks S3: objects/object_store.h over HTTP(S), signed with the
 * server's own credentials (objects/aws_credentials.h), which are read anew for each request.
 *
 * Connections are kept and used again. A request is tried three times where that may help, each
 * with its own limits on connecting and on silence, all together within `patience_ms` and what the
 * size of the object allows for. Redirects are never followed. What failed in the end is logged
 * here. */
#ifndef OBJECTS_S3_STORE_H
#define OBJECTS_S3_STORE_H

struct object_store;

/* Are grants written into bucket policies? Objects then have the ACL that the grants ask for. Not
 * all stores know either. */
enum s3_policies { S3_POLICIES_AT_AWS, S3_POLICIES_ALWAYS, S3_POLICIES_NEVER };

struct s3_store_config {
    const char *endpoint; /* "https://host[:port][/path]": objects/s3_request.h says the rest */
    const char *region;   /* of the signatures */
    const char *ca_file;  /* certificates to trust; NULL: the system's */
    enum s3_policies policies;
    int patience_ms; /* 0: 15 s */
};

/* Returns owned. -EINVAL for a wrong endpoint; -ENOENT without credentials and the other errors of
 * aws_credentials_load(). Before other threads start. */
int s3_store_create(struct object_store **out, const struct s3_store_config *config);

#endif
