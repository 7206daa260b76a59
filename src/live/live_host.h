/* SPDX-License-Identifier: Apache-2.0 */
/* The live part of one event loop: the encoders that connected to it and the live streams that were
 * born on it. An encoder that comes back to another loop than its stream's speaks to it by
 * messages, which carry ids.
 *
 *   ingest --on_publish--> admission (worker: key -> channel) --> claim --> live_stream
 *     `----on_packet-----> publisher --(stream id)----------------------------^
 *
 * Thread: its loop, unless said otherwise. */
#ifndef LIVE_LIVE_HOST_H
#define LIVE_LIVE_HOST_H

struct live_host;

/* Any thread. Ends the stream soon; nothing happens if it has ended. */
void live_host_stop_stream(struct live_host *host, const char *stream_id);

#endif
