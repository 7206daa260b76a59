/* SPDX-License-Identifier: Apache-2.0 */
/* What buckets and objects may be called: Amazon S3 user guide, "Bucket naming rules" and "Creating
 * object key names". Thread: any. */
#ifndef OBJECTS_BUCKET_NAME_H
#define OBJECTS_BUCKET_NAME_H

#include <stdbool.h>

#define OBJECT_KEY_MAX 1024

/* Nothing in such a name can leave a folder, or a URL's path or host. */
bool is_bucket_name(const char *name);
/* 1 to 1024 bytes without control characters. */
bool is_object_key(const char *key);

#endif
