/* SPDX-License-Identifier: Apache-2.0 */
/* Adding and deleting resources that have no rules but quota and references. */
#ifndef API_CHANGE_H
#define API_CHANGE_H

#include "api/quota.h"
#include "store/store.h"

struct call;

/* A resource of that type with a fresh ARN, no body and no secret, ready for add_resource(). */
struct resource new_resource(struct call *call, const char *type, const char *name,
                             const char *tags);
/* ServiceQuotaExceededException; ConflictException where its key is taken. */
int add_resource(struct call *call, struct resource *resource, enum quota quota);
/* The same inside a transaction. */
int add_resource_in(struct call *call, struct store_txn *txn, struct resource *resource,
                    enum quota quota);
/* As call_delete(), but ConflictException while another resource refers to it. */
int delete_unreferenced(struct call *call, const char *arn, const char *type);

#endif
