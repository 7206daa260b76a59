/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of blocks that grows at its head. The first block is sized for an ordinary API call. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK_SIZE ((size_t)8 * 1024)
#define ALIGNMENT  _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(max_align_t) uint8_t data[];
};

struct release {
    struct release *next;
    void (*run)(void *ptr);
    void *ptr;
};

struct arena {
    struct block *head;
    struct release *releases;
};

static struct block *add_block(struct arena *arena, size_t at_least)
{
    size_t size = at_least > BLOCK_SIZE ? at_least : BLOCK_SIZE;
    struct block *block = mem_alloc(sizeof(*block) + size);

    block->size = size;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

struct arena *arena_create(void)
{
    return mem_zalloc(sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct release *r = arena->releases; r; r = r->next)
        r->run(r->ptr);
    for (struct block *block = arena->head, *next; block; block = next) {
        next = block->next;
        mem_free(block);
    }
    mem_free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct block *block = arena->head;
    void *ptr;

    if (!block || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    ptr = block->data + block->used;
    block->used += rounded;
    return ptr;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_dup(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);

    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_dup(arena, text, strlen(text) + 1) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
    size_t n = strnlen(text, len);
    char *copy = arena_alloc(arena, n + 1);

    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void arena_on_destroy(struct arena *arena, void (*release)(void *ptr), void *ptr)
{
    struct release *r = arena_alloc(arena, sizeof(*r));

    r->run = release;
    r->ptr = ptr;
    r->next = arena->releases;
    arena->releases = r;
}
