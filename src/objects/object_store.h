/* SPDX-License-Identifier: Apache-2.0 */
/* Where buckets live: folders of this machine, or a service that speaks S3. Behind these verbs
 * stand the drivers; each has a constructor of its own (objects/folder_store.h,
 * objects/s3_store.h).
 *
 * Thread: any that may block, so never an event loop; calls of many threads run side by side.
 * Strings and data are borrowed during the call.
 *
 * Errors of all verbs:
 *   -EINVAL        that is no name of a bucket, or no key
 *   -ENOENT        there is no such bucket
 *   -EXDEV         it is in another region
 *   -EACCES        it may not be done (folders: also -EPERM, -EROFS)
 *   -EKEYREJECTED  the service does not accept the server's own credentials
 *   -EHOSTUNREACH  the service cannot be reached, -ETIMEDOUT it does not answer,
 *   -EBUSY         it is overloaded or failing: all three after several attempts
 *   -ESHUTDOWN     object_store_cancel() came first
 * anything else is a failure of the store. */
#ifndef OBJECTS_OBJECT_STORE_H
#define OBJECTS_OBJECT_STORE_H

#include <pthread.h>
#include <stddef.h>

struct buf;
struct object_store;
struct policy_grant;

/* What is written under a key, such as "recordings/a b/1.ts": 1 to 1024 bytes. */
struct object {
    const char *key;
    const void *data;
    size_t len;
};

struct object_store_driver {
    /* The object is there whole, in place of the old one, or not at all. */
    int (*put)(struct object_store *store, const char *bucket, const struct object *object);
    /* 0 as well if there was none. */
    int (*remove)(struct object_store *store, const char *bucket, const char *key);
    /* A bucket's policy as JSON text, "" for none. NULL: buckets of this store have no policies. */
    int (*get_policy)(struct object_store *store, const char *bucket, struct buf *out);
    int (*put_policy)(struct object_store *store, const char *bucket, const char *json);
    void (*cancel)(struct object_store *store);
    void (*destroy)(struct object_store *store);
};

/* What drivers begin with. */
struct object_store {
    const struct object_store_driver *driver;
    pthread_mutex_t policies; /* held from reading a policy to its being written */
};

/* For drivers: at both ends of their lives. */
void object_store_init(struct object_store *store, const struct object_store_driver *driver);
void object_store_clear(struct object_store *store);

int object_store_put(struct object_store *store, const char *bucket, const struct object *object);
int object_store_remove(struct object_store *store, const char *bucket, const char *key);

/* 0 if something can be written into the bucket: an empty object is, and is removed again if that
 * is allowed. */
int object_store_probe(struct object_store *store, const char *bucket);

/* Adds the grant's statement to the policy of its bucket, or replaces the one of the same id; all
 * others stay. 0 where buckets have no policies. -EBADMSG if the bucket's policy is no document
 * that a statement can be added to. Calls of one process wait for one another; what another process
 * writes in between is noticed, and the statement then added again. */
int object_store_grant(struct object_store *store, const struct policy_grant *grant);
/* Takes that statement out again; a policy that holds no other is deleted. 0 if it was not there.
 */
int object_store_revoke(struct object_store *store, const struct policy_grant *grant);

/* What is under way fails within a second or two, what comes later at once. */
void object_store_cancel(struct object_store *store);
/* NULL is fine. No call may be under way. */
void object_store_destroy(struct object_store *store);

#endif
