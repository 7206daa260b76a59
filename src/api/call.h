/* SPDX-License-Identifier: Apache-2.0 */
/* One call of an operation: its memory, its caller, its reply. Everything lives in the arena and
 * dies with it. Thread: the worker that serves it; functions run by store_write() on its behalf may
 * use it too. */
#ifndef API_CALL_H
#define API_CALL_H

#include <errno.h>
#include <stdint.h>

#include "api/api_error.h"
#include "api/api_internal.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_writer.h"
#include "store/store.h"

struct cached_key;
struct http_request;
struct operation;

struct call {
    struct arena *arena;
    struct api *api;
    struct store *store;
    const struct http_request *request;
    const struct operation *operation;
    const void *input; /* as its fields were read; NULL before that, or if it takes none */
    const struct cached_key *caller;
    const char *account; /* the caller's */
    const char *region;  /* the server's */
    int64_t now_ms;
    char id[37]; /* of the request, for logs and support */
    /* The reply: members are written straight into its top object. */
    struct json_writer out;
    struct buf body;
    /* Why it failed; counts only when the operation returns CALL_FAILED. */
    enum api_error error;
    const char *message;
    int retry_after_ms; /* 0: not said */
};

/* What an operation returns after call_fail(). */
#define CALL_FAILED (-ECANCELED)

/* Answers with an error. Returns CALL_FAILED. */
int call_fail(struct call *call, enum api_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* May the caller name this resource at all? One of another account is AccessDeniedException, of
 * another region ResourceNotFoundException, of another type than `type` (NULL: any)
 * ValidationException. */
int call_check_arn(struct call *call, const char *arn, const char *type);
/* Reads the resource that the caller names. Fails as above; ResourceNotFoundException if there is
 * none. */
int call_find(struct call *call, const char *arn, const char *type, struct resource *out);
/* The same inside a transaction. */
int call_find_in(struct call *call, struct store_txn *txn, const char *arn, const char *type,
                 struct resource *out);
/* Deletes the resource that the caller names, with its children. Fails as call_find(). */
int call_delete(struct call *call, const char *arn, const char *type);
/* store_get()'s and txn_get()'s error in the call's words: -ENOENT is ResourceNotFoundException. */
int call_not_found(struct call *call, int err, const char *arn);

/* A fresh ARN of this account and region. */
const char *call_new_arn(struct call *call, const char *type);
/* The caller's resources of a type. */
struct resource_query call_query(const struct call *call, const char *type);
int64_t call_quota(const struct call *call, enum quota quota);

#endif
