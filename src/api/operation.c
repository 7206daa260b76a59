/* SPDX-License-Identifier: Apache-2.0 */
/* The array of all operations, in the order of the service descriptions. */
#include "api/operation.h"

#include <string.h>

#include "api/op_tables.h"

/* clang-format off */
const struct operation *const operations[] = {
    /* ivs */
    &op_batch_get_channel,
    &op_batch_get_stream_key,
    &op_create_channel,
    &op_create_stream_key,
    &op_delete_channel,
    &op_delete_stream_key,
    &op_get_channel,
    &op_get_stream,
    &op_get_stream_key,
    &op_list_channels,
    &op_list_stream_keys,
    &op_list_streams,
    &op_stop_stream,
    &op_update_channel,
    /* both */
    &op_list_tags_for_resource,
    &op_tag_resource,
    &op_untag_resource,
    /* sts */
    &op_get_caller_identity,
    NULL,
};
/* clang-format on */

static bool matches(const struct operation *op, const char *path, const char **label)
{
    size_t fixed = strcspn(op->path, "{");

    *label = op->path[fixed] ? path + fixed : NULL;
    return *label ? !strncmp(op->path, path, fixed) && **label : !strcmp(op->path, path);
}

const struct operation *operation_find(const char *method, const char *path, const char **label)
{
    for (size_t i = 0; operations[i]; i++)
        if (matches(operations[i], path, label) && !strcmp(operations[i]->method, method))
            return operations[i];
    return NULL;
}

bool operation_has_path(const char *path)
{
    const char *label;

    for (size_t i = 0; operations[i]; i++)
        if (matches(operations[i], path, &label))
            return true;
    return false;
}
