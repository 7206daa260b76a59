/* SPDX-License-Identifier: Apache-2.0 */
/* What the service descriptions say of each operation, and requests made from it. */
#ifndef OPERATION_FACTS_H
#define OPERATION_FACTS_H

#include "api_fixture.h"

/* All operations of both APIs; the caller's. */
json_t *facts_load(void);
const char *fact_text(json_t *fact, const char *name);

/* A value that is right for a member; what an operation requires, each right. The caller's. */
json_t *right_value(struct arena *arena, json_t *fact);
json_t *right_members(struct arena *arena, json_t *members);
/* The ARN that right_value() gives to members of that type. */
#define RIGHT_ARN(type) "arn:aws:ivs:" REGION ":" ACCOUNT ":" type "/abcdefgh1234"

/* Calls the operation with that input, its path about `tagged` if it is one of tags. Returns the
 * status. */
int fact_call(struct api_fixture *f, json_t *fact, json_t *input, const char *tagged);

#endif
