/* SPDX-License-Identifier: Apache-2.0 */
/* Small files that are there whole or not at all, also after power loss. */
#ifndef STORE_DURABLE_FILE_H
#define STORE_DURABLE_FILE_H

/* Writes a file of mode 0600 that did not exist; -EEXIST if it does by then. */
int durable_file_create(const char *path, const char *text);
/* The same in place of what was there. */
int durable_file_replace(const char *path, const char *text);
int durable_file_remove(const char *path);

#endif
