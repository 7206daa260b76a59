/* SPDX-License-Identifier: Apache-2.0 */
/* C0 (version), C1 (1536 bytes) -> S0, S1 and S2 -> C2. In the plain handshake S2 is C1 sent back.
 * In the one with digests, C1 and S1 carry an HMAC-SHA256 over their other bytes at a place which
 * four of their bytes tell, and S2 ends with an HMAC over its other bytes under a key made from the
 * digest in C1. The keys are no secrets: they are in every player. Clients check S1 and S2 only if
 * they sent digests themselves. */
#include "ingest/rtmp_handshake.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/id.h"

#define VERSION       3
#define FIRST_HALF    8 /* behind time and version */
#define HALF_SIZE     764
#define SECOND_HALF   (FIRST_HALF + HALF_SIZE)
#define OFFSET_SIZE   4
#define OFFSET_MODULO (HALF_SIZE - OFFSET_SIZE - RTMP_DIGEST_SIZE)

static const char client_name[] = "Genuine Adobe Flash Player 001";
static const char server_name[] = "Genuine Adobe Flash Media Server 001";

/* What follows either name in the longer form of its key. */
static const uint8_t key_tail[32] = {
    0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57,
    0x6e, 0xec, 0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
};

/* Any that is not 0 says that digests are spoken; some clients want at least 3. */
static const uint8_t server_version[4] = { 4, 5, 0, 1 };

static void hmac_sha256(uint8_t out[RTMP_DIGEST_SIZE], const void *key, size_t key_len,
                        const uint8_t *data, size_t len)
{
    HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL);
}

size_t rtmp_digest_offset(const uint8_t packet[RTMP_C1_SIZE], enum rtmp_digest_scheme scheme)
{
    size_t half = scheme == RTMP_DIGEST_IN_FRONT ? FIRST_HALF : SECOND_HALF;
    const uint8_t *at = packet + half;
    unsigned sum = at[0] + at[1] + at[2] + at[3];

    return half + OFFSET_SIZE + sum % OFFSET_MODULO;
}

void rtmp_digest(uint8_t digest[RTMP_DIGEST_SIZE], const uint8_t packet[RTMP_C1_SIZE],
                 size_t offset, enum rtmp_side side)
{
    const char *name = side == RTMP_CLIENT ? client_name : server_name;
    uint8_t rest[RTMP_C1_SIZE - RTMP_DIGEST_SIZE];

    memcpy(rest, packet, offset);
    memcpy(rest + offset, packet + offset + RTMP_DIGEST_SIZE, sizeof(rest) - offset);
    hmac_sha256(digest, name, strlen(name), rest, sizeof(rest));
}

static enum rtmp_digest_scheme find_scheme(const uint8_t *c1)
{
    for (enum rtmp_digest_scheme scheme = RTMP_DIGEST_IN_FRONT; scheme <= RTMP_DIGEST_BEHIND;
         scheme++) {
        size_t offset = rtmp_digest_offset(c1, scheme);
        uint8_t digest[RTMP_DIGEST_SIZE];

        rtmp_digest(digest, c1, offset, RTMP_CLIENT);
        if (!memcmp(digest, c1 + offset, sizeof(digest)))
            return scheme;
    }
    return RTMP_DIGEST_NONE;
}

static void make_plain(uint8_t *s1, uint8_t *s2, const uint8_t *c1)
{
    memset(s1, 0, 8); /* 5.2.3: our time, then zeroes, which also say: no digest */
    id_random(s1 + 8, RTMP_C1_SIZE - 8);
    memcpy(s2, c1, RTMP_C1_SIZE);
}

static void make_s1(uint8_t *s1, enum rtmp_digest_scheme scheme)
{
    size_t offset;

    memset(s1, 0, 4);
    memcpy(s1 + 4, server_version, sizeof(server_version));
    id_random(s1 + 8, RTMP_C1_SIZE - 8);
    offset = rtmp_digest_offset(s1, scheme);
    rtmp_digest(s1 + offset, s1, offset, RTMP_SERVER);
}

static void make_s2(uint8_t *s2, const uint8_t *client_digest)
{
    uint8_t long_key[sizeof(server_name) - 1 + sizeof(key_tail)], key[RTMP_DIGEST_SIZE];
    size_t signed_len = RTMP_C1_SIZE - RTMP_DIGEST_SIZE;

    memcpy(long_key, server_name, sizeof(server_name) - 1);
    memcpy(long_key + sizeof(server_name) - 1, key_tail, sizeof(key_tail));
    hmac_sha256(key, long_key, sizeof(long_key), client_digest, RTMP_DIGEST_SIZE);
    id_random(s2, signed_len);
    hmac_sha256(s2 + signed_len, key, sizeof(key), s2, signed_len);
}

int rtmp_handshake_answer(uint8_t answer[RTMP_S0S1S2_SIZE], const uint8_t c0c1[RTMP_C0C1_SIZE],
                          enum rtmp_digest_scheme *scheme)
{
    const uint8_t *c1 = c0c1 + 1;
    uint8_t *s1 = answer + 1, *s2 = s1 + RTMP_C1_SIZE;

    if (c0c1[0] != VERSION)
        return -EPROTONOSUPPORT;
    *scheme = find_scheme(c1);
    answer[0] = VERSION;
    if (*scheme == RTMP_DIGEST_NONE) {
        make_plain(s1, s2, c1);
    } else {
        make_s1(s1, *scheme);
        make_s2(s2, c1 + rtmp_digest_offset(c1, *scheme));
    }
    return 0;
}
