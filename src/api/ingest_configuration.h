/* SPDX-License-Identifier: Apache-2.0 */
/* An ingest configuration as its document in the store says it.
 * Thread: any; strings live in the arena given. */
#ifndef API_INGEST_CONFIGURATION_H
#define API_INGEST_CONFIGURATION_H

#include <stdbool.h>

struct arena;

#define INGEST_CONFIGURATION_TYPE "ingest-configuration" /* found by its stream key */
#define INGEST_CREDENTIAL_TYPE    "ingest-credential"    /* its child, found by a key of its own */

/* The resource's state: somebody publishes, or nobody. */
#define INGEST_ACTIVE   "ACTIVE"
#define INGEST_INACTIVE "INACTIVE"

struct ingest_configuration {
    const char *protocol;  /* RTMP or RTMPS */
    const char *stage_arn; /* "": none, so that its keys are of no use */
    const char *participant_id;
    const char *user_id;
    const char *attributes; /* JSON object of strings */
    bool is_redundant;
};

/* -EPROTO if `body` is no such document. */
int ingest_configuration_read(struct ingest_configuration *out, struct arena *arena,
                              const char *body);
const char *ingest_configuration_text(struct arena *arena, const struct ingest_configuration *in);

#endif
