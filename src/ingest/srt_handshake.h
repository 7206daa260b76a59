/* SPDX-License-Identifier: Apache-2.0 */
/* How SRT handshakes are answered: who may connect, with which passphrase, and which code says why
 * not (SRT Access Control Guidelines, "Error codes").
 * Thread: answer() on libsrt's, note() on any. */
#ifndef INGEST_SRT_HANDSHAKE_H
#define INGEST_SRT_HANDSHAKE_H

#include <stdbool.h>

struct srt_gate;
struct srt_handshakes;

/* What a handshake may go on with. */
struct srt_answer {
    int reject_code;     /* 0: it may */
    const char *why;     /* it may not; static storage */
    char passphrase[80]; /* "": in clear */
};

/* Borrows `gate`. Returns owned. */
struct srt_handshakes *srt_handshakes_create(struct srt_gate *gate);
/* NULL is fine. */
void srt_handshakes_destroy(struct srt_handshakes *h);

void srt_handshakes_answer(struct srt_handshakes *h, struct srt_answer *out, const char *stream_id);
/* An encoder with this key has connected. */
void srt_handshakes_note(struct srt_handshakes *h, const char *stream_key, bool is_encrypted);

#endif
