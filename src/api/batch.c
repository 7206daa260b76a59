/* SPDX-License-Identifier: Apache-2.0 */
#include "api/batch.h"

#include "api/call.h"
#include "api/permission.h"

struct batch_error {
    const char *arn;
    enum api_error error;
};

/* The `code` of an error is its HTTP status as text. */
static void write_errors(struct call *call, const struct batch_error *errors, size_t count)
{
    struct json_writer *w = &call->out;

    write_array(w, "errors");
    for (size_t i = 0; i < count; i++) {
        int status = api_error_info(errors[i].error)->status;

        write_object(w, NULL);
        write_string(w, "arn", errors[i].arn);
        write_string(w, "code", arena_printf(call->arena, "%d", status));
        write_string(w, "message", status == 403 ? "not authorized" : "not found");
        write_object_end(w);
    }
    write_array_end(w);
}

int batch_get(struct call *call, const struct input_list *arns, const struct batch *batch)
{
    struct batch_error *errors = arena_alloc(call->arena, (arns->count + 1) * sizeof(*errors));
    size_t count = 0;

    write_array(&call->out, batch->member);
    for (size_t i = 0; i < arns->count; i++) {
        struct resource found;
        int err = permission_check_arn(call, arns->items[i]);

        if (!err)
            err = call_find(call, arns->items[i], batch->type, &found);
        if (!err)
            err = batch->write(call, NULL, &found);
        if (err == CALL_FAILED)
            errors[count++] = (struct batch_error){ arns->items[i], call->error };
        else if (err)
            return err;
    }
    write_array_end(&call->out);
    write_errors(call, errors, count);
    return 0;
}
