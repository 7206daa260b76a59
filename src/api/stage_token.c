/* SPDX-License-Identifier: Apache-2.0 */
#include "api/stage_token.h"

#include <string.h>

#include "api/call.h"
#include "base/clock.h"
#include "base/id.h"
#include "stage/token_keys.h"

#define DURATION_MIN       720
#define PARTICIPANT_ID_LEN 12
#define ATTRIBUTES_MAX     1024

enum { CAN_PUBLISH, CAN_SUBSCRIBE };
static const char *const capability_names[] = { "PUBLISH", "SUBSCRIBE", NULL };
const struct field stage_token_capability = { .type = FIELD_ENUM, .one_of = capability_names };

const char *stage_whip_url(struct call *call)
{
    return arena_printf(call->arena, "%s/whip", call->api->config.playback_base);
}

/* https becomes wss, http ws. */
const char *stage_events_url(struct call *call)
{
    return arena_printf(call->arena, "ws%s/events", call->api->config.playback_base + 4);
}

int stage_check_attributes(struct call *call, const char *member,
                           const struct input_map *attributes)
{
    size_t bytes = 0;

    for (size_t i = 0; attributes && i < attributes->count; i++)
        bytes += strlen(attributes->items[i].key) + strlen(attributes->items[i].value);
    if (bytes > ATTRIBUTES_MAX)
        return call_fail(call, API_VALIDATION,
                         "Value at '%s' failed to satisfy constraint: keys and values must have at "
                         "most %d bytes",
                         member, ATTRIBUTES_MAX);
    return 0;
}

static bool has(const struct input_list *capabilities, int which)
{
    if (!capabilities || !capabilities->count) /* both, unless they are named */
        return true;
    for (size_t i = 0; i < capabilities->count; i++)
        if (*(const int *)capabilities->items[i] == which)
            return true;
    return false;
}

const char *stage_attributes_text(struct call *call, const struct input_map *attributes)
{
    struct json_writer w;
    struct buf text;
    const char *out;

    buf_init(&text, 16 * ATTRIBUTES_MAX);
    json_writer_init(&w, &text);
    write_object(&w, NULL);
    for (size_t i = 0; attributes && i < attributes->count; i++)
        write_string(&w, attributes->items[i].key, attributes->items[i].value);
    write_object_end(&w);
    out = arena_strdup(call->arena, buf_str(&text));
    buf_clear(&text);
    return out;
}

static void write_token(struct call *call, const char *member, const struct participant_token *t,
                        int64_t duration_min, const char *text)
{
    struct json_writer *w = &call->out;
    char time[CLOCK_TEXT_SIZE];

    write_object(w, member);
    write_string(w, "participantId", t->participant_id);
    write_string(w, "token", text);
    if (t->user_id)
        write_string(w, "userId", t->user_id);
    write_json(w, "attributes", t->attributes);
    write_int(w, "duration", duration_min);
    write_array(w, "capabilities");
    if (t->allows_publish)
        write_string(w, NULL, capability_names[CAN_PUBLISH]);
    if (t->allows_subscribe)
        write_string(w, NULL, capability_names[CAN_SUBSCRIBE]);
    write_array_end(w);
    write_string(w, "expirationTime", clock_format_s(time, t->expires_s * 1000));
    write_object_end(w);
}

int stage_write_token(struct call *call, const char *member, const char *stage_arn,
                      const struct token_input *in)
{
    int64_t duration_min = int_or(in->duration_min, DURATION_MIN);
    char id[PARTICIPANT_ID_LEN + 1];
    struct participant_token token = {
        .participant_id = id,
        .user_id = in->user_id,
        .stage_arn = stage_arn,
        .events_url = stage_events_url(call),
        .whip_url = stage_whip_url(call),
        .attributes = stage_attributes_text(call, in->attributes),
        .allows_publish = has(in->capabilities, CAN_PUBLISH),
        .allows_subscribe = has(in->capabilities, CAN_SUBSCRIBE),
        .issued_s = call->now_ms / 1000,
        .expires_s = call->now_ms / 1000 + duration_min * 60,
    };
    const struct token_key *key;
    const char *text;
    int err;

    id_alnum(id, PARTICIPANT_ID_LEN);
    err = token_keys_get(call->api->token_keys, call->account, &key);
    if (!err)
        err = participant_token_sign(&text, call->arena, key, &token);
    if (!err)
        write_token(call, member, &token, duration_min, text);
    return err;
}
