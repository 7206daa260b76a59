/* SPDX-License-Identifier: Apache-2.0 */
/* What a protocol embeds in its connection to be an ingest (and tests, to play one).
 * Thread: the loop of the connection. */
#ifndef INGEST_INGEST_BASE_H
#define INGEST_INGEST_BASE_H

#include "base/log.h"
#include "ingest/ingest.h"

/* After refuse() and close() no callback comes any more; the protocol lets its last words go out
 * and destroys the connection, not before they have returned. */
struct ingest_ops {
    void (*accept)(struct ingest *ingest);
    void (*refuse)(struct ingest *ingest, const char *description);
    void (*close)(struct ingest *ingest, const char *description);
};

struct ingest {
    const struct ingest_ops *ops;
    const struct ingest_events *events;
    void *ctx;
    struct loop *loop;
    int64_t last_byte_ms;
    bool takes_hevc;
    char tag[LOG_TAG_SIZE];
};

#endif
