/* SPDX-License-Identifier: Apache-2.0 */
/* One SRT connection, as libsrt has it: what comes over it, how well, and how it ends.
 * Thread: the one that reads all of them. */
#ifndef INGEST_SRT_LINE_H
#define INGEST_SRT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct buf;
struct stream_name;

/* Init and clear, by value. */
struct srt_line {
    char tag[LOG_TAG_SIZE]; /* of the encoder, for all who log of it */
    int socket;
    int latency_ms;   /* as both ends agreed */
    int64_t ended_ms; /* monotonic, as the rest; 0: it has not */
    int64_t told_ms;  /* when what was dropped was logged last */
    int64_t dropped;  /* packets since then */
    /* as counted last */
    int64_t packets_total, lost_total, dropped_total;
    int rtt_ms;
};

#define SRT_LINE_READ_MAX (512 * 1456) /* bytes in one srt_line_read(): 140 Mb/s at 40 ms */

/* Takes the socket. */
void srt_line_init(struct srt_line *line, int socket);
/* As the handshake told it. */
int srt_line_name(const struct srt_line *line, struct stream_name *out);
bool srt_line_is_encrypted(const struct srt_line *line);
bool srt_line_is_up(const struct srt_line *line);
/* Appends what is due to `out`, which has room for SRT_LINE_READ_MAX. -ENOTCONN: the connection has
 * ended, and nothing of it is to come any more. */
int srt_line_read(struct srt_line *line, struct buf *out, int64_t now_ms);
/* Adds to the metrics what has come and what is missing; about once a second. */
void srt_line_count(struct srt_line *line, int64_t now_ms);
/* Closes the connection. */
void srt_line_clear(struct srt_line *line);

#endif
