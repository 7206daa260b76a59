/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs of playback, parsed: pure functions over what a stranger sent.
 *
 *   /api/video/v1/[aws.ivs.]<region>.<account>.channel.<channel id>.m3u8    multivariant playlist
 *   /v1/live/<stream id>/<set>/<rendition id>/index.m3u8                    media playlist
 *                                            /s<number>.ts|m4s              segment
 *                                            /p<number>.ts|m4s              part
 *                                            /i<number>.mp4                 init section
 * Thread: any. */
#ifndef DELIVER_HLS_URL_H
#define DELIVER_HLS_URL_H

#include <stdbool.h>
#include <stdint.h>

#define HLS_ID_SIZE 64 /* with the NUL */

enum hls_resource { HLS_MULTIVARIANT, HLS_PLAYLIST, HLS_SEGMENT, HLS_PART, HLS_INIT };

struct hls_url {
    enum hls_resource resource;
    /* Of a multivariant playlist. */
    char region[HLS_ID_SIZE], account[HLS_ID_SIZE], channel_id[HLS_ID_SIZE];
    /* Of everything else. */
    char stream_id[HLS_ID_SIZE], rendition[HLS_ID_SIZE];
    int set;
    int64_t number; /* of the segment, part or init section */
    bool is_fmp4;   /* by the suffix of a segment or part */
};

/* Whether `path` is for this server to answer, if only with 404. */
bool hls_url_is_ours(const char *path);
/* -EINVAL unless `path` is one of the above. */
int hls_url_parse(struct hls_url *url, const char *path);

/* The query of a playlist. Unknown keys are ignored. */
struct hls_query {
    bool allow_audio_only;
    bool has_msn, has_part;
    int64_t msn;   /* _HLS_msn */
    int part;      /* _HLS_part */
    bool is_delta; /* _HLS_skip */
};

/* -EINVAL if a number is malformed or `_HLS_part` stands without `_HLS_msn`
 * (draft-pantos-hls-rfc8216bis 6.2.5.2). */
int hls_query_parse(struct hls_query *query, const char *text);

#endif
