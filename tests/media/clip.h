/* SPDX-License-Identifier: Apache-2.0 */
/* Media files for tests and benchmarks: made by the ffmpeg program, read and written with
 * libavformat, so that somebody else's code stands on both sides of ours.
 * Thread: one. A failure ends the program with a message. */
#ifndef TESTS_MEDIA_CLIP_H
#define TESTS_MEDIA_CLIP_H

#include "media/packet.h"

struct clip {
    size_t count;
    struct packet **packets; /* in decode order over both tracks; from time CLIP_START on */
    struct codec_config *video, *audio; /* NULL: no such track */
};

#define CLIP_START (10 * MEDIA_TIMESCALE)

/* Runs ffmpeg with these arguments, separated by blanks, and `path` behind them. */
void clip_make(const char *path, const char *arguments);
/* Makes a temporary file so, reads and deletes it. Returns owned. */
struct clip *clip_of(const char *arguments);
/* Returns owned. */
struct clip *clip_read(const char *path);
/* Frames per second of the video, by its times. */
double clip_fps(const struct clip *clip);
/* Of its pictures, 90 kHz: where the clip may begin again. */
int64_t clip_duration(const struct clip *clip);
void clip_destroy(struct clip *clip);

/* A file that tracks are written into: MP4 with times of 90 kHz, CLIP_START taken off. */
struct clip_writer;
/* Tracks may be NULL. Returns owned. */
struct clip_writer *clip_writer_create(const char *path, const struct codec_config *video,
                                       const struct codec_config *audio);
void clip_writer_add(struct clip_writer *writer, const struct packet *packet);
/* Finishes the file. */
void clip_writer_destroy(struct clip_writer *writer);

#endif
