/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/bucket_name.h"

#include <stddef.h>
#include <string.h>

bool is_bucket_name(const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && len <= 63 && *name != '.' && *name != '-' && !strstr(name, "..") &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

bool is_object_key(const char *key)
{
    size_t len = 0;

    for (; key[len]; len++)
        if ((unsigned char)key[len] < 0x20 || key[len] == 0x7f)
            return false;
    return len >= 1 && len <= OBJECT_KEY_MAX;
}
