/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of the RTMP handshake (Adobe RTMP 1.0, 5.2), and of its unpublished variant
 * with digests, which encoders use unless told otherwise.
 * Thread: any; pure functions, but for the random bytes. */
#ifndef INGEST_RTMP_HANDSHAKE_H
#define INGEST_RTMP_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

#define RTMP_C1_SIZE     1536 /* C1, C2, S1 and S2 alike */
#define RTMP_C0C1_SIZE   (1 + RTMP_C1_SIZE)
#define RTMP_S0S1S2_SIZE (1 + 2 * RTMP_C1_SIZE)
#define RTMP_DIGEST_SIZE 32

/* Where in C1 or S1 the digest stands. */
enum rtmp_digest_scheme {
    RTMP_DIGEST_NONE,     /* plain handshake: random bytes only */
    RTMP_DIGEST_IN_FRONT, /* in the first half, which some documents call scheme 1 */
    RTMP_DIGEST_BEHIND,   /* in the second half, behind the key: scheme 0 */
};

/* Answers C0 and C1 in the variant that they are in; `scheme` says which. -EPROTONOSUPPORT unless
 * the client asks for version 3 (6 and up are encrypted variants). What the client sends next, C2,
 * holds nothing that we need: it is taken unread. */
int rtmp_handshake_answer(uint8_t answer[RTMP_S0S1S2_SIZE], const uint8_t c0c1[RTMP_C0C1_SIZE],
                          enum rtmp_digest_scheme *scheme);

enum rtmp_side { RTMP_CLIENT, RTMP_SERVER };

/* Where in `packet` (C1 or S1) the digest of that scheme has to stand. */
size_t rtmp_digest_offset(const uint8_t packet[RTMP_C1_SIZE], enum rtmp_digest_scheme scheme);
/* The digest that `packet` has to carry at `offset` when it comes from `side`. */
void rtmp_digest(uint8_t digest[RTMP_DIGEST_SIZE], const uint8_t packet[RTMP_C1_SIZE],
                 size_t offset, enum rtmp_side side);

#endif
