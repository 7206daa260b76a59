/* SPDX-License-Identifier: Apache-2.0 */
/* Who may connect by SRT: what ingest/srt_gate asks while a handshake waits.
 * Thread: any that may block. */
#ifndef LIVE_SRT_ACCESS_H
#define LIVE_SRT_ACCESS_H

#include "ingest/srt_gate.h"

struct live_registry;
struct store;

struct srt_access_sources {
    struct store *store;
    struct live_registry *registry;
};

/* For struct srt_gate_config; `ctx` is a struct srt_access_sources. */
int srt_access_find(struct srt_access *out, const struct stream_name *name, void *ctx);

#endif
