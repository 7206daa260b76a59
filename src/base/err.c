/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <uv.h>

const char *err_str(int err)
{
    return err < 0 ? uv_strerror(err) : "success";
}
