/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/ingest.h"

#include "ingest/ingest_base.h"

void ingest_set_ctx(struct ingest *ingest, void *ctx)
{
    ingest->ctx = ctx;
}

void ingest_accept(struct ingest *ingest)
{
    ingest->ops->accept(ingest);
}

void ingest_take_hevc(struct ingest *ingest)
{
    ingest->takes_hevc = true;
}

void ingest_refuse(struct ingest *ingest, const char *description)
{
    ingest->ops->refuse(ingest, description);
}

void ingest_close(struct ingest *ingest, const char *description)
{
    ingest->ops->close(ingest, description);
}

struct loop *ingest_loop(const struct ingest *ingest)
{
    return ingest->loop;
}

const char *ingest_tag(const struct ingest *ingest)
{
    return ingest->tag;
}

int64_t ingest_last_byte_ms(const struct ingest *ingest)
{
    return ingest->last_byte_ms;
}
