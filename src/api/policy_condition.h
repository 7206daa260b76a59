/* SPDX-License-Identifier: Apache-2.0 */
/* The Condition blocks of policy documents: operators and keys.
 * Thread: any; immutable once parsed. */
#ifndef API_POLICY_CONDITION_H
#define API_POLICY_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct policy_request;

struct policy_condition; /* in an arena */

/* One "operator": { "key": values } of a block. NULL if operator, key, or what they are asked to do
 * together is unknown: `message` says which. */
const struct policy_condition *policy_condition_make(struct arena *arena, const char *name,
                                                     const char *key, const char *const *values,
                                                     size_t count, const char **message);
bool policy_condition_holds(const struct policy_condition *condition,
                            const struct policy_request *request);
bool policy_condition_needs_resource_tags(const struct policy_condition *condition);

/* Whether all of `text` fits a pattern in which * is any text and ? any one letter. */
bool policy_matches(const char *pattern, const char *text);

#endif
