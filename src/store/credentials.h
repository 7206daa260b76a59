/* SPDX-License-Identifier: Apache-2.0 */
/* The two files in the data directory that AWS tools read: DIR/credentials and DIR/config. */
#ifndef STORE_CREDENTIALS_H
#define STORE_CREDENTIALS_H

#include <stdbool.h>

struct access_key;
struct store;

/* With data that never had an access key: makes one that may do everything in `account`, writes it
 * to DIR/credentials (mode 0600, profile default), then adds it. `*is_new` says whether it did. */
int credentials_make_first(struct store *store, const char *data_dir, const char *account,
                           bool *is_new);

/* Writes DIR/config: the region, and the endpoint of the services ivs and ivs-realtime. */
int credentials_write_config(const char *data_dir, const char *region, const char *endpoint_url);

/* A profile section in the AWS shared-credentials format. Returns owned. */
char *credentials_text(const struct access_key *key);

#endif
