/* SPDX-License-Identifier: Apache-2.0 */
#include "api/change.h"

#include "api/arn.h"
#include "api/call.h"

struct resource new_resource(struct call *call, const char *type, const char *name,
                             const char *tags)
{
    return (struct resource){
        .arn = call_new_arn(call, type),
        .name = name ? name : "",
        .parent = "",
        .state = "",
        .created_ms = call->now_ms,
        .body = "{}",
        .tags = tags,
    };
}

int add_resource_in(struct call *call, struct store_txn *txn, struct resource *resource,
                    enum quota quota)
{
    int64_t limit = call_quota(call, quota);
    int err = txn_add(txn, resource, limit);

    if (err == -EDQUOT)
        return call_fail(call, API_QUOTA_EXCEEDED, "The quota %s of %lld is reached",
                         quota_name(quota), (long long)limit);
    if (err == -EEXIST)
        return call_fail(call, API_CONFLICT, "It exists already");
    return err;
}

struct addition {
    struct call *call;
    struct resource *resource;
    enum quota quota;
};

static int run_addition(struct store_txn *txn, void *arg)
{
    struct addition *addition = arg;

    return add_resource_in(addition->call, txn, addition->resource, addition->quota);
}

int add_resource(struct call *call, struct resource *resource, enum quota quota)
{
    struct addition addition = { call, resource, quota };

    return store_write(call->store, run_addition, &addition);
}

struct deletion {
    struct call *call;
    const char *arn;
    const char *type;
};

static int run_deletion(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    struct resource found;
    int64_t refs;
    int err = call_find_in(deletion->call, txn, deletion->arn, deletion->type, &found);

    if (!err)
        err = txn_refs_to(txn, found.arn, &refs);
    if (err)
        return err;
    if (refs)
        return call_fail(deletion->call, API_CONFLICT, "%s is in use by %lld other resource%s",
                         found.arn, (long long)refs, refs > 1 ? "s" : "");
    return txn_delete(txn, found.arn);
}

int delete_unreferenced(struct call *call, const char *arn, const char *type)
{
    struct deletion deletion = { call, arn, type };

    return store_write(call->store, run_deletion, &deletion);
}
