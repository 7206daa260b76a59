/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets at rest: what goes into the database is encrypted under a key file that lies beside it,
 * never in it.
 * Thread: any. */
#ifndef STORE_SECRET_BOX_H
#define STORE_SECRET_BOX_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct secret_box;

#define SECRET_BOX_KEY    32
#define SECRET_BOX_LOOKUP 16

/* Reads the key file, or makes it (mode 0600, durable) if there is none. -EINVAL if it is broken,
 * -EACCES if others may read it. */
int secret_box_create(struct secret_box **out, const char *path);
/* NULL is fine. */
void secret_box_destroy(struct secret_box *box);

/* A key for one purpose; the same for as long as the key file. */
void secret_box_derive(const struct secret_box *box, const char *purpose,
                       uint8_t out[SECRET_BOX_KEY]);

/* Encrypts `text` for the row named `owner`; it opens in no other. `*len` bytes, returned owned. */
uint8_t *secret_box_seal(const struct secret_box *box, const char *owner, const char *text,
                         size_t *len);
/* -EBADMSG if it was sealed with another key, for another owner, or changed. */
int secret_box_open(const struct secret_box *box, struct arena *arena, const char *owner,
                    const uint8_t *sealed, size_t len, char **out);
/* A keyed hash of a secret of that kind: finds a row without comparing secrets, so that neither a
 * thief of the database nor the time of a look-up tells anything about them. */
void secret_box_lookup(const struct secret_box *box, const char *kind, const char *secret,
                       uint8_t out[SECRET_BOX_LOOKUP]);

#endif
