/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of both APIs as a table entry, which routing, reading of input, permission,
 * throttling and the tests go by. Thread: read-only. */
#ifndef API_OPERATION_H
#define API_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "api/input.h"

struct call;

enum service { SERVICE_IVS = 1, SERVICE_REALTIME = 2, SERVICE_STS = 4 };

/* What a call touches, and so must be allowed on. */
enum target_kind {
    TARGET_END,
    TARGET_ARN,  /* the resource that a member of the input names */
    TARGET_TYPE, /* any resource of a type */
    TARGET_ALL,  /* "*" */
};

#define TARGETS_MAX 3

struct target {
    enum target_kind kind;
    size_t at;        /* TARGET_ARN: offset of a const char * */
    const char *type; /* TARGET_TYPE */
};

#define ON_ARN(offset)                                                                             \
    {                                                                                              \
        .kind = TARGET_ARN, .at = (offset)                                                         \
    }
#define ON_TYPE(name)                                                                              \
    {                                                                                              \
        .kind = TARGET_TYPE, .type = (name)                                                        \
    }
#define ON_ALL                                                                                     \
    {                                                                                              \
        .kind = TARGET_ALL                                                                         \
    }

struct operation {
    const char *name;
    const char *method;
    const char *path;  /* may end in a {label}, which takes the rest */
    unsigned services; /* of enum service */
    int status;        /* of success; 0: 200 */
    const struct field *fields;
    size_t input_size;
    /* All must be allowed; none: run() judges by itself. */
    struct target targets[TARGETS_MAX];
    size_t tags_at;     /* offset of the tags to give; 0: none */
    size_t tag_keys_at; /* offset of the keys of tags to take; 0: none */
    bool is_pending;    /* judged in full by run(), then NotImplementedException */
    double rate;        /* calls a second and account; 0: no limit */
    /* The input is valid and the caller may. Writes members of the reply to call->out and returns
     * 0, or what call_fail() returned; any other error becomes InternalServerException. */
    int (*run)(struct call *call, const void *input);
};

/* All of them; ends with NULL. */
extern const struct operation *const operations[];

/* NULL if there is none. `label` is the undecoded rest of the path, NULL if it has none. */
const struct operation *operation_find(const char *method, const char *path, const char **label);
/* Some operation has this path: for OPTIONS. */
bool operation_has_path(const char *path);

#endif
