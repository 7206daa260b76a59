/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator hears of handshakes that come to nothing: those refused here, and those let
 * through that libsrt refuses for their passphrase without telling anybody but the encoder. A flood
 * of them is counted, not written line by line.
 * Thread: any. */
#ifndef INGEST_SRT_REFUSALS_H
#define INGEST_SRT_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#define SRT_REFUSALS_LINES     10   /* of log a second */
#define SRT_REFUSALS_EXPECT_MS 2000 /* from being let through to being connected */

struct srt_refusals;

/* Returns owned. */
struct srt_refusals *srt_refusals_create(void);
/* Refused: `peer` is its address, `why` static. Times are monotonic. */
void srt_refusals_add(struct srt_refusals *r, const char *peer, int code, const char *why,
                      int64_t now_ms);
/* Let through: connection `number` is to come of it. */
void srt_refusals_expect(struct srt_refusals *r, int number, const char *peer, bool is_encrypted,
                         int64_t now_ms);
/* It has come. */
void srt_refusals_met(struct srt_refusals *r, int number);
/* Counts as refused what has not come in time; every now and then. */
void srt_refusals_sweep(struct srt_refusals *r, int64_t now_ms);
/* NULL is fine. */
void srt_refusals_destroy(struct srt_refusals *r);

#endif
