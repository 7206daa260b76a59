/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that also lie in a memory file: sendfile() gives their pages to a socket without copying
 * them. The file is sealed, so that what is on its way cannot change; pages on their way outlive
 * it.
 * Thread: any. */
#ifndef BASE_BYTES_FILE_H
#define BASE_BYTES_FILE_H

#include <stddef.h>

struct bytes;
struct slice;

/* One copy of `pieces`, joined. Returns owned, with `fd` set; NULL if the system has no memory or
 * descriptors to spare: a quarter of the descriptors is the most that all of these may take. */
struct bytes *bytes_file_create(const struct slice *pieces, size_t count);

/* For bytes_unref(): gives back the file and the mapping. */
void bytes_file_close(struct bytes *bytes);

#endif
