/* SPDX-License-Identifier: Apache-2.0 */
/* A loop's replica of one stream: the windows of its renditions and the playlists rendered from
 * them.
 * Thread: its server's loop. */
#ifndef DELIVER_HLS_STREAM_H
#define DELIVER_HLS_STREAM_H

#include "deliver/deliver_internal.h"

/* Refs `info`. Returns owned, in the server's list of streams. */
struct hls_stream *hls_stream_create(struct hls_server *server, struct stream_info *info);
/* Answers what still waits, then lets go of everything. */
void hls_stream_destroy(struct hls_stream *stream);

/* Updates the windows, then answers whom that helps. */
void hls_stream_apply(struct hls_stream *stream, const struct feed_event *event);
/* Forgets what has expired. False: nothing is left, the stream can go. */
bool hls_stream_expire(struct hls_stream *stream, int64_t now_ms);

/* NULL if there is none (any more). */
struct hls_rendition *hls_stream_find(struct hls_stream *stream, int set, const char *rendition_id);

/* The media playlist as it is now; there is a whole segment. Borrowed until the next event. */
struct bytes *hls_rendition_playlist(struct hls_rendition *rendition, bool is_delta, bool is_gzip);
/* The multivariant playlist, at most a second old. Borrowed until the next event or call. */
struct bytes *hls_stream_multivariant(struct hls_stream *stream, bool with_audio_only,
                                      bool is_gzip);
void hls_text_clear(struct hls_text *text);

#endif
