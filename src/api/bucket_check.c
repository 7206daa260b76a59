/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bucket_check.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "api/call.h"
#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"
#include "objects/object_store.h"
#include "store/access_key.h"

#define TAG        "bucket"
#define TYPE       "recording-configuration"
#define THREADS    4
#define OVERDUE_MS 60000

struct bucket_checks {
    struct api *api;
    struct worker_pool *workers;
    pthread_mutex_t lock; /* lock guards: waiting */
    struct list waiting;  /* checks that are not done */
};

struct check {
    struct list node;
    struct bucket_checks *checks;
    char *arn;
    char *bucket;
    const char *state; /* what was found */
};

/* --- one check --- */

static int set_state(struct store_txn *txn, void *arg)
{
    struct check *check = arg;
    struct arena *arena = arena_create();
    struct resource found;
    int err = txn_get(txn, arena, check->arn, &found);

    if (!err && !strcmp(found.state, BUCKET_CREATING)) {
        found.state = check->state;
        err = txn_update(txn, &found);
    }
    arena_destroy(arena);
    return err;
}

static int probe(const struct check *check)
{
    struct object_store *objects = check->checks->api->config.objects;

    return objects ? object_store_probe(objects, check->bucket) : -ENODEV;
}

static void decide(struct check *check, int probe_err)
{
    int err;

    check->state = probe_err ? BUCKET_FAILED : BUCKET_ACTIVE;
    if (probe_err)
        log_warn(TAG, "cannot be written to: bucket=%s configuration=%s err=%s", check->bucket,
                 check->arn, err_str(probe_err));
    err = store_write(check->checks->api->config.store, set_state, check);
    if (err && err != -ENOENT) /* deleted meanwhile */
        log_error(TAG, "state not kept: configuration=%s err=%s", check->arn, err_str(err));
}

static void forget(struct check *check)
{
    pthread_mutex_lock(&check->checks->lock);
    list_remove(&check->node);
    pthread_mutex_unlock(&check->checks->lock);
    mem_free(check->arn);
    mem_free(check->bucket);
    mem_free(check);
}

static void run_check(void *arg)
{
    struct check *check = arg;
    int err = probe(check);

    if (err != -ESHUTDOWN) /* else it is for the next start */
        decide(check, err);
    forget(check);
}

static bool is_waiting(const struct bucket_checks *checks, const char *arn)
{
    for (const struct list *node = checks->waiting.next; node != &checks->waiting;
         node = node->next)
        if (!strcmp(LIST_ITEM(node, struct check, node)->arn, arn))
            return true;
    return false;
}

void bucket_check_later(struct bucket_checks *checks, const char *arn, const char *bucket)
{
    struct check *check = NULL;

    pthread_mutex_lock(&checks->lock);
    if (!is_waiting(checks, arn)) {
        check = mem_zalloc(sizeof(*check));
        check->checks = checks;
        check->arn = mem_strdup(arn);
        check->bucket = mem_strdup(bucket);
        list_append(&checks->waiting, &check->node);
    }
    pthread_mutex_unlock(&checks->lock);
    if (check)
        worker_submit(checks->workers, run_check, check);
}

const char *bucket_of(struct arena *arena, const struct resource *configuration)
{
    json_t *body = json_loads(configuration->body, 0, NULL);
    json_t *s3 = json_object_get(json_object_get(body, "destinationConfiguration"), "s3");
    const char *name = json_string_value(json_object_get(s3, "bucketName"));
    const char *out = name ? arena_strdup(arena, name) : "";

    json_decref(body);
    return out;
}

void bucket_check_overdue(struct call *call, const struct resource *configuration)
{
    if (strcmp(configuration->state, BUCKET_CREATING) ||
        call->now_ms - configuration->created_ms < OVERDUE_MS)
        return;
    bucket_check_later(call->api->bucket_checks, configuration->arn,
                       bucket_of(call->arena, configuration));
}

/* --- what was left over --- */

static int check_account(struct bucket_checks *checks, struct arena *arena, const char *account)
{
    struct resource_query query = { .account = account,
                                    .region = checks->api->config.region,
                                    .type = TYPE,
                                    .state = BUCKET_CREATING };
    struct resource_page page;
    int err = store_list(checks->api->config.store, arena, &query, &page);

    for (int i = 0; !err && i < page.count; i++)
        bucket_check_later(checks, page.items[i].arn, bucket_of(arena, &page.items[i]));
    return err;
}

/* Accounts are known by their keys. */
static void check_what_is_left(void *arg)
{
    struct bucket_checks *checks = arg;
    struct arena *arena = arena_create();
    struct access_key *keys = NULL;
    int count = 0;
    int err = access_key_list(checks->api->config.store, arena, &keys, &count);

    for (int i = 0; !err && i < count; i++)
        if (!i || strcmp(keys[i].account, keys[i - 1].account))
            err = check_account(checks, arena, keys[i].account);
    if (err)
        log_warn(TAG, "configurations left in CREATING not looked for: err=%s", err_str(err));
    arena_destroy(arena);
}

struct bucket_checks *bucket_checks_create(struct api *api)
{
    struct bucket_checks *checks = mem_zalloc(sizeof(*checks));

    checks->api = api;
    pthread_mutex_init(&checks->lock, NULL);
    list_init(&checks->waiting);
    checks->workers = worker_pool_create(THREADS);
    worker_submit(checks->workers, check_what_is_left, checks);
    return checks;
}

void bucket_checks_destroy(struct bucket_checks *checks)
{
    if (!checks)
        return;
    worker_pool_destroy(checks->workers);
    pthread_mutex_destroy(&checks->lock);
    mem_free(checks);
}
