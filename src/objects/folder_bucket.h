/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets that are folders, for servers without S3: <data directory>/buckets/<name>, made when they
 * are first used.
 * Thread: any that may block. */
#ifndef OBJECTS_FOLDER_BUCKET_H
#define OBJECTS_FOLDER_BUCKET_H

/* 0 if something can be written into the bucket, which is made if need be; -EINVAL if `bucket` is
 * no name of a bucket, otherwise why not. */
int folder_bucket_probe(const char *data_dir, const char *bucket);

#endif
