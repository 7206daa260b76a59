/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"

#include <stdarg.h>
#include <string.h>

#include "api/arn.h"
#include "base/id.h"
#include "store/access_key_cache.h"

#define ID_LEN 12 /* as AWS's */

int call_fail(struct call *call, enum api_error error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    call->message = arena_vprintf(call->arena, format, args);
    va_end(args);
    call->error = error;
    return CALL_FAILED;
}

int call_check_arn(struct call *call, const char *arn, const char *type)
{
    struct arn parts;

    if (!arn_parse(&parts, arn) || (type && strcmp(parts.type, type)))
        return call_fail(call, API_VALIDATION, "Invalid ARN: %s", arn);
    if (strcmp(parts.account, call->account))
        return call_fail(call, API_ACCESS_DENIED,
                         "User: arn:aws:iam::%s:user/%s is not authorized to access the resource "
                         "%s of another account",
                         call->account, call->caller->key.id, arn);
    if (strcmp(parts.region, call->region))
        return call_not_found(call, -ENOENT, arn);
    return 0;
}

int call_not_found(struct call *call, int err, const char *arn)
{
    if (err == -ENOENT)
        return call_fail(call, API_NOT_FOUND, "Resource: %s not found", arn);
    return err;
}

int call_find(struct call *call, const char *arn, const char *type, struct resource *out)
{
    int err = call_check_arn(call, arn, type);

    if (err)
        return err;
    return call_not_found(call, store_get(call->store, call->arena, arn, out), arn);
}

int call_find_in(struct call *call, struct store_txn *txn, const char *arn, const char *type,
                 struct resource *out)
{
    int err = call_check_arn(call, arn, type);

    if (err)
        return err;
    return call_not_found(call, txn_get(txn, call->arena, arn, out), arn);
}

struct deletion {
    struct call *call;
    const char *arn;
    const char *type;
};

static int delete_found(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    struct resource found;
    int err = call_find_in(deletion->call, txn, deletion->arn, deletion->type, &found);

    return err ? err : txn_delete(txn, found.arn);
}

int call_delete(struct call *call, const char *arn, const char *type)
{
    struct deletion deletion = { call, arn, type };

    return store_write(call->store, delete_found, &deletion);
}

const char *call_new_arn(struct call *call, const char *type)
{
    char id[ID_LEN + 1];

    id_alnum(id, ID_LEN);
    return arn_format(call->arena, call->region, call->account, type, id);
}

struct resource_query call_query(const struct call *call, const char *type)
{
    return (
        struct resource_query){ .account = call->account, .region = call->region, .type = type };
}

int64_t call_quota(const struct call *call, enum quota quota)
{
    return call->api->config.quotas.values[quota];
}
