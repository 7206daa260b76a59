/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <string.h>
#include <uv.h>

/* uv_strerror() leaks a text of its own making for what is no error of libuv's. */
const char *err_str(int err)
{
    const char *text;

    switch (err) {
#define UV_TEXT(name, description)                                                                 \
    case UV_##name:                                                                                \
        return description;
        UV_ERRNO_MAP(UV_TEXT)
#undef UV_TEXT
    default:
        text = err < 0 ? strerrordesc_np(-err) : "success";
        return text ? text : "unknown error";
    }
}
