/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets that are folders, for servers without S3: <data directory>/buckets/<bucket>/<key>. A
 * bucket is made when it is first written to, the folders of a key with its object; buckets have no
 * policies. Keys that are no path below their bucket, such as "../x" or "a//b", are -EINVAL. */
#ifndef OBJECTS_FOLDER_STORE_H
#define OBJECTS_FOLDER_STORE_H

struct object_store;

/* Returns owned. */
struct object_store *folder_store_create(const char *data_dir);

#endif
