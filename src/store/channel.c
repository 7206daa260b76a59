/* SPDX-License-Identifier: Apache-2.0 */
/* The document's members are named as the API names them. One that is missing has its default, so
 * that documents written before a member existed are read. */
#include "store/channel.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_writer.h"
#include "base/mem.h"
#include "store/store.h"

#define BODY_MAX 8192

/* clang-format off */
const char *const channel_type_names[] = { "BASIC", "STANDARD", "ADVANCED_SD", "ADVANCED_HD", NULL };
const char *const channel_latency_names[] = { "NORMAL", "LOW", NULL };
const char *const channel_preset_names[] = {
    "", "HIGHER_BANDWIDTH_DELIVERY", "CONSTRAINED_BANDWIDTH_DELIVERY", NULL
};
const char *const channel_container_names[] = { "TS", "FRAGMENTED_MP4", NULL };
const char *const multitrack_policy_names[] = { "ALLOW", "REQUIRE", NULL };
const char *const multitrack_resolution_names[] = { "SD", "HD", "FULL_HD", NULL };
const struct picture_limit multitrack_limits[] = {
    [MULTITRACK_SD]      = {  414720,  864 },
    [MULTITRACK_HD]      = {  921600, 1280 },
    [MULTITRACK_FULL_HD] = { 2100000, 1920 },
};
/* clang-format on */

/* --- reading --- */

static const char *text_of(struct arena *arena, json_t *body, const char *member)
{
    const char *text = json_string_value(json_object_get(body, member));

    return text ? arena_strdup(arena, text) : "";
}

static int index_of(json_t *body, const char *member, const char *const *names, int otherwise)
{
    const char *text = json_string_value(json_object_get(body, member));

    for (int i = 0; text && names[i]; i++)
        if (!strcmp(text, names[i]))
            return i;
    return otherwise;
}

static bool is_set(json_t *body, const char *member)
{
    return json_is_true(json_object_get(body, member));
}

static void read_members(struct channel *out, struct arena *arena, json_t *body)
{
    json_t *multitrack = json_object_get(body, "multitrackInputConfiguration");

    out->type = index_of(body, "type", channel_type_names, CHANNEL_STANDARD);
    out->latency = index_of(body, "latencyMode", channel_latency_names, CHANNEL_LATENCY_LOW);
    out->preset = index_of(body, "preset", channel_preset_names, CHANNEL_PRESET_NONE);
    out->container =
        index_of(body, "containerFormat", channel_container_names, CHANNEL_CONTAINER_TS);
    out->is_authorized = is_set(body, "authorized");
    out->allows_insecure_ingest = is_set(body, "insecureIngest");
    out->recording_configuration_arn = text_of(arena, body, "recordingConfigurationArn");
    out->playback_restriction_policy_arn = text_of(arena, body, "playbackRestrictionPolicyArn");
    out->ad_configuration_arn = text_of(arena, body, "adConfigurationArn");
    out->multitrack.is_enabled = is_set(multitrack, "enabled");
    out->multitrack.policy =
        index_of(multitrack, "policy", multitrack_policy_names, MULTITRACK_ALLOW);
    out->multitrack.maximum_resolution =
        index_of(multitrack, "maximumResolution", multitrack_resolution_names, MULTITRACK_FULL_HD);
}

int channel_read(struct channel *out, struct arena *arena, const struct resource *resource)
{
    json_t *body = json_loads(resource->body, 0, NULL);

    if (!body)
        return -EPROTO;
    *out = (struct channel){ .arn = resource->arn,
                             .name = resource->name,
                             .tags = resource->tags,
                             .srt_passphrase = resource->secret };
    read_members(out, arena, body);
    json_decref(body);
    return 0;
}

int channel_find_by_stream_key(struct channel *out, struct store *store, struct arena *arena,
                               const char *key)
{
    struct resource resource;
    int err = store_find_secret(store, arena, STREAM_KEY_TYPE, key, &resource);

    if (err)
        return err;
    err = store_get(store, arena, resource.parent, &resource);
    if (err)
        return err;
    return channel_read(out, arena, &resource);
}

/* --- writing --- */

static const char *body_of(struct arena *arena, const struct channel *c)
{
    struct json_writer w;
    struct buf text;
    const char *body;

    buf_init(&text, BODY_MAX);
    json_writer_init(&w, &text);
    write_object(&w, NULL);
    write_string(&w, "type", channel_type_names[c->type]);
    write_string(&w, "latencyMode", channel_latency_names[c->latency]);
    write_string(&w, "preset", channel_preset_names[c->preset]);
    write_string(&w, "containerFormat", channel_container_names[c->container]);
    write_bool(&w, "authorized", c->is_authorized);
    write_bool(&w, "insecureIngest", c->allows_insecure_ingest);
    write_string(&w, "recordingConfigurationArn", c->recording_configuration_arn);
    write_string(&w, "playbackRestrictionPolicyArn", c->playback_restriction_policy_arn);
    write_string(&w, "adConfigurationArn", c->ad_configuration_arn);
    write_object(&w, "multitrackInputConfiguration");
    write_bool(&w, "enabled", c->multitrack.is_enabled);
    write_string(&w, "policy", multitrack_policy_names[c->multitrack.policy]);
    write_string(&w, "maximumResolution",
                 multitrack_resolution_names[c->multitrack.maximum_resolution]);
    write_object_end(&w);
    write_object_end(&w);
    body = arena_strdup(arena, buf_str(&text));
    buf_clear(&text);
    return body;
}

void channel_write(struct resource *out, struct arena *arena, const struct channel *channel)
{
    const char *const named[] = { channel->recording_configuration_arn,
                                  channel->playback_restriction_policy_arn,
                                  channel->ad_configuration_arn };
    const char **refs = arena_zalloc(arena, sizeof(named));

    out->arn = channel->arn;
    out->name = channel->name;
    out->body = body_of(arena, channel);
    out->tags = channel->tags;
    out->secret = channel->srt_passphrase;
    out->ref_count = 0;
    for (size_t i = 0; i < ARRAY_LEN(named); i++)
        if (*named[i])
            refs[out->ref_count++] = named[i];
    out->refs = refs;
}
