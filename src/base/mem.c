/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *ptr, size_t size)
{
    if (!ptr && size) {
        fprintf(stderr, "weir: out of memory allocating %zu bytes\n", size);
        abort();
    }
    return ptr;
}

void *mem_alloc(size_t size)
{
    return or_die(malloc(size), size);
}

void *mem_zalloc(size_t size)
{
    return or_die(calloc(1, size), size);
}

void *mem_realloc(void *ptr, size_t size)
{
    return or_die(realloc(ptr, size), size);
}

void *mem_dup(const void *data, size_t size)
{
    void *copy = mem_alloc(size ? size : 1);

    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *mem_strdup(const char *text)
{
    return text ? mem_dup(text, strlen(text) + 1) : NULL;
}

char *mem_strndup(const char *text, size_t len)
{
    size_t n = strnlen(text, len);
    char *copy = mem_alloc(n + 1);

    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    return or_die(len < 0 ? NULL : text, 1);
}

void mem_free(void *ptr)
{
    free(ptr);
}
