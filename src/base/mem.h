/* SPDX-License-Identifier: Apache-2.0 */
/* Small allocations, which cannot fail: when memory is exhausted the process ends with a message.
 * What a peer can make large belongs into a `struct buf` with a ceiling instead.
 * Thread: any. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* All return owned memory, never NULL. Release with mem_free(). */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *ptr, size_t size);
void *mem_dup(const void *data, size_t size);
/* NULL stays NULL. */
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t len);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* NULL is fine. */
void mem_free(void *ptr);

#endif
