/* SPDX-License-Identifier: Apache-2.0 */
#include "api/ingest_configuration.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_writer.h"

#define TEXT_MAX ((size_t)64 * 1024)

static const char *text_at(struct arena *arena, json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));

    return text ? arena_strdup(arena, text) : "";
}

static const char *object_at(struct arena *arena, json_t *body, const char *name)
{
    char *text = json_dumps(json_object_get(body, name), JSON_COMPACT);
    const char *out = text ? arena_strdup(arena, text) : "{}";

    free(text);
    return out;
}

int ingest_configuration_read(struct ingest_configuration *out, struct arena *arena,
                              const char *body)
{
    json_t *json = json_loads(body, 0, NULL);

    if (!json)
        return -EPROTO;
    *out = (struct ingest_configuration){
        .protocol = text_at(arena, json, "ingestProtocol"),
        .stage_arn = text_at(arena, json, "stageArn"),
        .participant_id = text_at(arena, json, "participantId"),
        .user_id = text_at(arena, json, "userId"),
        .attributes = object_at(arena, json, "attributes"),
        .is_redundant = json_is_true(json_object_get(json, "redundantIngest")),
    };
    json_decref(json);
    return 0;
}

const char *ingest_configuration_text(struct arena *arena, const struct ingest_configuration *in)
{
    struct json_writer w;
    struct buf text;
    const char *out;

    buf_init(&text, TEXT_MAX);
    json_writer_init(&w, &text);
    write_object(&w, NULL);
    write_string(&w, "ingestProtocol", in->protocol);
    write_string(&w, "stageArn", in->stage_arn);
    write_string(&w, "participantId", in->participant_id);
    write_string(&w, "userId", in->user_id);
    write_json(&w, "attributes", in->attributes);
    write_bool(&w, "redundantIngest", in->is_redundant);
    write_object_end(&w);
    out = arena_strdup(arena, buf_str(&text));
    buf_clear(&text);
    return out;
}
