/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded media on the link between the server and a child process: the two payloads that every
 * role exchanges, and what the server makes of them. Numbers are little-endian, times 90 kHz.
 * Thread: any; pure. Parsers return -EPROTO for what breaks the format or a limit. */
#ifndef CHILD_MEDIA_LINK_H
#define CHILD_MEDIA_LINK_H

#include "base/reader.h"
#include "child/worker_link.h"
#include "media/packet.h"

#define LINK_OUTPUTS_MAX 8
#define LINK_HEAD_MAX    64

/* Writing into an array whose size the callers' types promise. */
struct link_writer {
    uint8_t *at;
    size_t len;
};

void link_put(struct link_writer *w, uint64_t value, int size);
void link_put_bytes(struct link_writer *w, const void *data, size_t len);

/* Reading a payload; to its end: -EPROTO if it is too short or too long. */
struct reader link_reader(const struct worker_frame *frame);
int link_reader_end(const struct reader *r);

/* How to decode the packets that follow: `data` is an avcC or an AudioSpecificConfig. */
struct link_config {
    int output; /* of the worker's, numbered through from 0; unused towards the worker */
    enum media_kind kind;
    const uint8_t *data;
    size_t len;
};

/* The data is as in struct packet. */
struct link_packet {
    int output; /* as in struct link_config */
    enum media_kind kind;
    bool is_idr;
    bool begins_segment; /* towards the worker: all renditions are cut before it */
    int64_t dts, pts, arrival_us;
    const uint8_t *data;
    size_t len;
};

/* Return the length of what goes before `data`, which is sent behind it. */
size_t link_config_write(uint8_t out[LINK_HEAD_MAX], const struct link_config *in);
size_t link_packet_write(uint8_t out[LINK_HEAD_MAX], const struct link_packet *in);
int link_config_parse(struct link_config *out, const struct worker_frame *frame);
int link_packet_parse(struct link_packet *out, const struct worker_frame *frame);

/* What a worker answered, as the server goes on with it: the worker reads strangers' bytes and may
 * have been taken over by them, so that data is examined as if it came from an encoder. What the
 * times may be only the role knows. Return owned. */
int link_config_read(struct codec_config **out, const struct link_config *in);
int link_packet_read(struct packet **out, const struct link_packet *in,
                     struct codec_config *config);

#endif
