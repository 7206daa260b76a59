/* SPDX-License-Identifier: Apache-2.0 */
#include "buckets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "config.h"
#include "objects/folder_store.h"
#include "objects/s3_store.h"

#define TAG "s3"

/* The first of the variables that is set. */
static const char *variable_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value && *value ? value : otherwise;
}

static const char *reason_of(int err)
{
    switch (err) {
    case -EINVAL:
        return "its URL or the credentials hold characters that cannot be sent";
    case -ENOENT:
        return "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
               "AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE";
    default:
        return err_str(err);
    }
}

static int open_s3(struct object_store **out, const struct config *config)
{
    const char *region = variable_or("AWS_DEFAULT_REGION", config->region);
    struct s3_store_config s3 = {
        .endpoint = config->s3_endpoint,
        .region = variable_or("AWS_REGION", region),
        .ca_file = variable_or("AWS_CA_BUNDLE", NULL),
        .policies = config->s3_bucket_policy,
    };
    int err = s3_store_create(out, &s3);

    if (err)
        log_error(TAG, "not usable: endpoint=%s: %s", config->s3_endpoint, reason_of(err));
    else
        log_info(TAG, "buckets are on S3: host=%s region=%s",
                 strstr(config->s3_endpoint, "://") + strlen("://"), s3.region);
    return err;
}

int buckets_open(struct object_store **out, const struct config *config)
{
    if (strcmp(config->s3_endpoint, "off"))
        return open_s3(out, config);
    *out = folder_store_create(config->data_dir);
    return 0;
}
