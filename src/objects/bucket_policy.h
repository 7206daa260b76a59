/* SPDX-License-Identifier: Apache-2.0 */
/* Bucket policies (Amazon S3 user guide, "Policies and permissions in Amazon S3") and the statement
 * that IVS keeps in them for a storage configuration: compositions may write.
 * Pure. Thread: any. */
#ifndef OBJECTS_BUCKET_POLICY_H
#define OBJECTS_BUCKET_POLICY_H

struct buf;

/* May compositions of `region` write into `bucket`. Strings are borrowed. */
struct policy_grant {
    const char *bucket;
    const char *region;
    const char *id; /* of the storage configuration: what the statement is known by */
};

/* Writes `policy` ("": none) with the grant's statement into `out`: in place of a statement of the
 * same id, or behind all others, which stay as they are. -EALREADY if it stands there word for
 * word, -EBADMSG if `policy` is no policy document, -EMSGSIZE past the ceiling of `out`. */
int bucket_policy_add(struct buf *out, const char *policy, const struct policy_grant *grant);
/* Writes `policy` without that statement; "" if no other is left. -EALREADY if it is not there,
 * otherwise as above. */
int bucket_policy_remove(struct buf *out, const char *policy, const struct policy_grant *grant);

#endif
