/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/object_store.h"

#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "objects/bucket_policy.h"

#define TAG        "objects"
#define PROBE_KEY  ".weir-probe"
#define EDITS      4                   /* of a policy, until one lasts */
#define POLICY_MAX ((size_t)64 * 1024) /* S3 allows 20 kB, other stores more */

void object_store_init(struct object_store *store, const struct object_store_driver *driver)
{
    store->driver = driver;
    pthread_mutex_init(&store->policies, NULL);
}

void object_store_clear(struct object_store *store)
{
    pthread_mutex_destroy(&store->policies);
}

int object_store_put(struct object_store *store, const char *bucket, const struct object *object)
{
    return store->driver->put(store, bucket, object);
}

int object_store_remove(struct object_store *store, const char *bucket, const char *key)
{
    return store->driver->remove(store, bucket, key);
}

/* Who may write need not be allowed to delete: the empty object then stays, and the next probe
 * writes the same one. */
int object_store_probe(struct object_store *store, const char *bucket)
{
    int err = object_store_put(store, bucket, &(struct object){ .key = PROBE_KEY });

    if (err)
        return err;
    err = object_store_remove(store, bucket, PROBE_KEY);
    if (err)
        log_info(TAG, "an empty object stays: bucket=%s key=" PROBE_KEY " err=%s", bucket,
                 err_str(err));
    return 0;
}

/* --- policies --- */

typedef int edit_policy(struct buf *out, const char *policy, const struct policy_grant *grant);

/* -EAGAIN once another policy was written, 0 if there is nothing to change any more. */
static int edit_once(struct object_store *store, const struct policy_grant *grant,
                     edit_policy *edit)
{
    struct buf old, new;
    int err;

    buf_init(&old, POLICY_MAX);
    buf_init(&new, POLICY_MAX);
    err = store->driver->get_policy(store, grant->bucket, &old);
    if (!err)
        err = edit(&new, buf_str(&old), grant);
    if (!err) {
        err = store->driver->put_policy(store, grant->bucket, buf_str(&new));
        err = err ? err : -EAGAIN;
    }
    buf_clear(&old);
    buf_clear(&new);
    return err == -EALREADY ? 0 : err;
}

/* S3 cannot compare and set: whether another writer has undone the edit is seen by making it again
 * and finding nothing to do. */
static int edit_lastingly(struct object_store *store, const struct policy_grant *grant,
                          edit_policy *edit)
{
    int err = -EAGAIN;

    if (!store->driver->get_policy)
        return 0;
    pthread_mutex_lock(&store->policies);
    for (int i = 0; i < EDITS && err == -EAGAIN; i++)
        err = edit_once(store, grant, edit);
    pthread_mutex_unlock(&store->policies);
    return err == -EAGAIN ? -EBUSY : err;
}

int object_store_grant(struct object_store *store, const struct policy_grant *grant)
{
    return edit_lastingly(store, grant, bucket_policy_add);
}

int object_store_revoke(struct object_store *store, const struct policy_grant *grant)
{
    return edit_lastingly(store, grant, bucket_policy_remove);
}

/* --- the end --- */

void object_store_cancel(struct object_store *store)
{
    store->driver->cancel(store);
}

void object_store_destroy(struct object_store *store)
{
    if (store)
        store->driver->destroy(store);
}
