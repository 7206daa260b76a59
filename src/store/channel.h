/* SPDX-License-Identifier: Apache-2.0 */
/* A channel as it stands in the store: what the API writes and answers, and what a broadcast goes
 * by. Thread: any; a value whose strings live in the arena given. */
#ifndef STORE_CHANNEL_H
#define STORE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct resource;
struct store;

#define CHANNEL_TYPE    "channel"    /* of its ARN */
#define STREAM_KEY_TYPE "stream-key" /* the channel's child, found by its value */

enum channel_type { CHANNEL_BASIC, CHANNEL_STANDARD, CHANNEL_ADVANCED_SD, CHANNEL_ADVANCED_HD };
enum channel_latency { CHANNEL_LATENCY_NORMAL, CHANNEL_LATENCY_LOW };
enum channel_preset { CHANNEL_PRESET_NONE, CHANNEL_PRESET_HIGHER, CHANNEL_PRESET_CONSTRAINED };
enum channel_container { CHANNEL_CONTAINER_TS, CHANNEL_CONTAINER_FMP4 };
enum multitrack_policy { MULTITRACK_ALLOW, MULTITRACK_REQUIRE };
enum multitrack_resolution { MULTITRACK_SD, MULTITRACK_HD, MULTITRACK_FULL_HD };

/* As the API spells them, indexed by the enums above, then NULL. */
extern const char *const channel_type_names[];
extern const char *const channel_latency_names[];
extern const char *const channel_preset_names[];
extern const char *const channel_container_names[];
extern const char *const multitrack_policy_names[];
extern const char *const multitrack_resolution_names[];

/* The most that a video track may have, by multitrack_resolution; FULL_HD is that of any video. */
struct picture_limit {
    int pixels; /* in all */
    int edge;   /* the longer one */
};
extern const struct picture_limit multitrack_limits[];

struct channel {
    const char *arn;
    const char *name; /* "" if unnamed */
    enum channel_type type;
    enum channel_latency latency;
    enum channel_preset preset;
    enum channel_container container;
    bool is_authorized; /* viewers need a token */
    bool allows_insecure_ingest;
    /* ARNs, or "" */
    const char *recording_configuration_arn;
    const char *playback_restriction_policy_arn;
    const char *ad_configuration_arn;
    struct {
        bool is_enabled;
        enum multitrack_policy policy;
        enum multitrack_resolution maximum_resolution;
    } multitrack;
    const char *srt_passphrase; /* NULL in lists */
    const char *tags;           /* JSON object text */
};

/* Reads what the store found. -EPROTO if its document is damaged. */
int channel_read(struct channel *out, struct arena *arena, const struct resource *resource);

/* The other way: arn, name, body, tags, secret and references of `out`, in the arena. */
void channel_write(struct resource *out, struct arena *arena, const struct channel *channel);

/* The channel whose stream key has the value `key`; on a thread that may block. -ENOENT if there is
 * no such key; otherwise as the store. */
int channel_find_by_stream_key(struct channel *out, struct store *store, struct arena *arena,
                               const char *key);

#endif
