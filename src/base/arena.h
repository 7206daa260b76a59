/* SPDX-License-Identifier: Apache-2.0 */
/* Call memory: everything allocated from an arena dies with it, so that code which serves one call
 * contains no frees.
 * Thread: one at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* Returns owned. */
struct arena *arena_create(void);
/* NULL is fine. */
void arena_destroy(struct arena *arena);

/* Never NULL; aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
void *arena_dup(struct arena *arena, const void *data, size_t size);
/* NULL stays NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args);
/* Runs `release(ptr)` when the arena is destroyed, newest first: for objects of libraries. */
void arena_on_destroy(struct arena *arena, void (*release)(void *ptr), void *ptr);

#endif
