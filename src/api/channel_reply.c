/* SPDX-License-Identifier: Apache-2.0 */
#include "api/channel_reply.h"

#include "api/arn.h"
#include "api/call.h"

const char *channel_playback_url(struct call *call, const char *channel_arn)
{
    return arena_printf(call->arena, "%s/api/video/v1/%s.%s.channel.%s.m3u8",
                        call->api->config.playback_base, call->region, call->account,
                        arn_id(channel_arn));
}

/* What a channel and its summary share. */
static void write_common(struct json_writer *w, const struct channel *c)
{
    write_string(w, "arn", c->arn);
    write_string(w, "name", c->name);
    write_string(w, "latencyMode", channel_latency_names[c->latency]);
    write_string(w, "type", channel_type_names[c->type]);
    write_string(w, "preset", channel_preset_names[c->preset]);
    write_bool(w, "authorized", c->is_authorized);
    write_bool(w, "insecureIngest", c->allows_insecure_ingest);
    write_string(w, "recordingConfigurationArn", c->recording_configuration_arn);
    write_string(w, "playbackRestrictionPolicyArn", c->playback_restriction_policy_arn);
    write_string(w, "adConfigurationArn", c->ad_configuration_arn);
    write_json(w, "tags", c->tags);
}

void channel_write_reply(struct call *call, const char *member, const struct channel *c)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_common(w, c);
    write_string(w, "ingestEndpoint", call->api->config.ingest_endpoint);
    write_string(w, "playbackUrl", channel_playback_url(call, c->arn));
    write_string(w, "containerFormat", channel_container_names[c->container]);
    write_object(w, "srt");
    write_string(w, "endpoint", call->api->config.srt_endpoint);
    write_string(w, "passphrase", c->srt_passphrase ? c->srt_passphrase : "");
    write_object_end(w);
    write_object(w, "multitrackInputConfiguration");
    write_bool(w, "enabled", c->multitrack.is_enabled);
    write_string(w, "policy", multitrack_policy_names[c->multitrack.policy]);
    write_string(w, "maximumResolution",
                 multitrack_resolution_names[c->multitrack.maximum_resolution]);
    write_object_end(w);
    write_object_end(w);
}

void channel_write_summary(struct call *call, const struct channel *c)
{
    write_object(&call->out, NULL);
    write_common(&call->out, c);
    write_object_end(&call->out);
}

void stream_key_write_reply(struct call *call, const char *member, const struct resource *key)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", key->arn);
    if (key->secret) /* lists leave it out */
        write_string(w, "value", key->secret);
    write_string(w, "channelArn", key->parent);
    write_json(w, "tags", key->tags);
    write_object_end(w);
}
