/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bucket_check.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "api/call.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/worker.h"

#define TAG        "bucket"
#define OVERDUE_MS 60000

struct check {
    struct api *api;
    char *arn;
    char *bucket;
    const char *state;
};

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

static void run_check(void *arg)
{
    struct check *check = arg;
    const struct api_config *config = &check->api->config;
    int err =
        config->probe_bucket ? config->probe_bucket(check->bucket, config->probe_ctx) : -ENODEV;

    check->state = err ? BUCKET_FAILED : BUCKET_ACTIVE;
    if (err)
        log_warn(TAG, "cannot be written to: bucket=%s err=%s", check->bucket, err_str(err));
    err = store_write(config->store, set_state, check);
    if (err && err != -ENOENT) /* deleted meanwhile */
        log_error(TAG, "state not kept: configuration=%s err=%s", check->arn, err_str(err));
    mem_free(check->arn);
    mem_free(check->bucket);
    mem_free(check);
}

void bucket_check_later(struct api *api, const char *arn, const char *bucket)
{
    struct check *check = mem_zalloc(sizeof(*check));

    check->api = api;
    check->arn = mem_strdup(arn);
    check->bucket = mem_strdup(bucket);
    worker_submit(api->config.workers, run_check, check);
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
    bucket_check_later(call->api, configuration->arn, bucket_of(call->arena, configuration));
}
