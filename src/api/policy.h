/* SPDX-License-Identifier: Apache-2.0 */
/* What an access key may do: IAM policy documents. An explicit deny wins, what nothing allows is
 * denied, and a document with anything that would not be obeyed here is refused when it is read.
 * Thread: any; immutable once parsed. */
#ifndef API_POLICY_H
#define API_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "api/input.h"

struct policy;

#define POLICY_MESSAGE_SIZE 256

/* -EINVAL: `message` says why. */
int policy_parse(struct policy **out, const char *json, char message[POLICY_MESSAGE_SIZE]);
/* NULL is fine. */
void policy_destroy(struct policy *policy);

/* Some condition asks for aws:ResourceTag, so that they must be known to judge. */
bool policy_needs_resource_tags(const struct policy *policy);

enum policy_verdict {
    POLICY_NOT_ALLOWED, /* nothing speaks of it */
    POLICY_ALLOWED,
    POLICY_DENIED, /* explicitly */
};

/* One action on one resource. */
struct policy_request {
    const char *action;   /* "ivs:GetChannel" */
    const char *resource; /* an ARN; its id may be a star for any; or a star */
    const char *source_ip;
    bool is_secure; /* over TLS */
    struct input_map resource_tags;
    struct input_map request_tags;
    struct input_list tag_keys; /* those of the request's tags, or to be removed */
};

enum policy_verdict policy_judge(const struct policy *policy, const struct policy_request *request);

#endif
