/* SPDX-License-Identifier: Apache-2.0 */
/* The data directory: made when missing, readable by its owner only, used by one server at a time.
 * Other tools, such as `weir keys`, open the store in it beside the server. */
#ifndef STORE_DATA_DIR_H
#define STORE_DATA_DIR_H

/* Makes the folder (mode 0700) if there is none. */
int data_dir_make(const char *path);
/* Locks it for this process until `*lock` is closed. -EBUSY if another server holds it. */
int data_dir_lock(const char *path, int *lock);

#endif
