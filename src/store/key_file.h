/* SPDX-License-Identifier: Apache-2.0 */
/* A 256-bit key in a file of its own: 64 hexadecimal digits and a line end. */
#ifndef STORE_KEY_FILE_H
#define STORE_KEY_FILE_H

#include <stdint.h>

/* Reads it; if there is none, makes one (mode 0600, durable; when several processes do so at once
 * all get the same). -EINVAL if it is broken, -EACCES if others may read it. */
int key_file_load(const char *path, uint8_t key[32]);

#endif
