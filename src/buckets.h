/* SPDX-License-Identifier: Apache-2.0 */
/* Which store the settings and the environment ask for: folders of the data directory, or S3 with
 * the usual AWS_* variables. */
#ifndef BUCKETS_H
#define BUCKETS_H

struct config;
struct object_store;

/* Before other threads start. Logs what is wrong. Returns owned. */
int buckets_open(struct object_store **out, const struct config *config);

#endif
