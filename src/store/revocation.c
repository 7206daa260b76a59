/* SPDX-License-Identifier: Apache-2.0 */
/* A revocation is a child of its channel, found by an id made of channel and viewer; its state is
 * the version, its name the viewer. */
#include "store/revocation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sha256.h"
#include "store/store.h"

#define ID_LEN     32
#define FORGET_MAX 10 /* at a time */

/* "arn:...:channel/x" and "viewer" to "arn:...:viewer-revocation/<hash of both>". */
static const char *arn_of(struct arena *arena, const char *channel_arn, const char *viewer_id)
{
    const char *both = arena_printf(arena, "%s %s", channel_arn, viewer_id);
    const char *type = strstr(channel_arn, ":channel/");
    char hash[SHA256_HEX_SIZE];

    sha256_hex(hash, both, strlen(both));
    return arena_printf(arena, "%.*s:" REVOCATION_TYPE "/%.*s",
                        type ? (int)(type - channel_arn) : 0, channel_arn, ID_LEN, hash);
}

static struct resource_query children_of(struct arena *arena, const char *channel_arn)
{
    char *copy = arena_strdup(arena, channel_arn), *rest = NULL;
    struct resource_query query = { .type = REVOCATION_TYPE, .parent = channel_arn };

    strtok_r(copy, ":", &rest); /* arn */
    strtok_r(NULL, ":", &rest); /* aws */
    strtok_r(NULL, ":", &rest); /* ivs */
    query.region = strtok_r(NULL, ":", &rest);
    query.account = strtok_r(NULL, ":", &rest);
    return query;
}

/* The oldest first, so that nothing piles up behind those that are still good. */
static int forget(struct store_txn *txn, struct arena *arena, const char *channel_arn,
                  int64_t now_ms)
{
    struct resource_query query = children_of(arena, channel_arn);
    struct resource_page old;
    int err;

    query.limit = FORGET_MAX;
    err = txn_list(txn, arena, &query, &old);
    for (int i = 0; !err && i < old.count; i++)
        if (now_ms - old.items[i].created_ms > REVOCATION_LIFETIME_MS)
            err = txn_delete(txn, old.items[i].arn);
    return err;
}

int revocation_add(struct store_txn *txn, struct arena *arena, const char *channel_arn,
                   const char *viewer_id, int64_t version, int64_t now_ms)
{
    struct resource r = { 0 };
    const char *arn = arn_of(arena, channel_arn, viewer_id);
    int64_t before = -1;
    int err = txn_get(txn, arena, arn, &r);

    if (!err) {
        before = strtoll(r.state, NULL, 10);
        err = txn_delete(txn, arn); /* added anew, its two days begin again */
    }
    if (err && err != -ENOENT)
        return err;
    r = (struct resource){
        .arn = arn,
        .name = viewer_id,
        .parent = channel_arn,
        .state = arena_printf(arena, "%lld", (long long)(version > before ? version : before)),
        .created_ms = now_ms,
        .body = "{}",
        .tags = "{}",
    };
    err = txn_add(txn, &r, 0);
    return err ? err : forget(txn, arena, channel_arn, now_ms);
}

int revocation_find(struct store *store, struct arena *arena, const char *channel_arn,
                    const char *viewer_id, int64_t now_ms, int64_t *out)
{
    struct resource r;
    int err = store_get(store, arena, arn_of(arena, channel_arn, viewer_id), &r);

    if (err)
        return err;
    if (now_ms - r.created_ms > REVOCATION_LIFETIME_MS)
        return -ENOENT;
    *out = strtoll(r.state, NULL, 10);
    return 0;
}
