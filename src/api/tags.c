/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tags.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/shape.h"
#include "base/mem.h"

#define RESERVED_PREFIX "aws:"

static int set_tags(struct call *call, json_t *tags, const struct input_map *given)
{
    for (size_t i = 0; i < given->count; i++) {
        const struct input_pair *tag = &given->items[i];

        if (!strncasecmp(tag->key, RESERVED_PREFIX, strlen(RESERVED_PREFIX)))
            return call_fail(call, API_VALIDATION,
                             "Value '%s' at 'tags' failed to satisfy constraint: tag keys must not "
                             "begin with " RESERVED_PREFIX,
                             tag->key);
        json_object_set_new(tags, tag->key, json_string(tag->value));
    }
    if (json_object_size(tags) > TAGS_MAX)
        return call_fail(call, API_VALIDATION, "A resource may have at most %d tags", TAGS_MAX);
    return 0;
}

static const char *text_of(struct call *call, json_t *tags)
{
    char *text = json_dumps(tags, JSON_COMPACT);
    const char *out = arena_strdup(call->arena, text);

    free(text);
    return out;
}

/* clang-format off */
static const struct {
    const char *type;
    bool has_any_letter; /* those of ivs-realtime: their tags may hold any character */
} taggable[] = {
    { "channel", false },
    { "stream-key", false },
    { "playback-key", false },
    { "playback-restriction-policy", false },
    { "recording-configuration", false },
    { "ad-configuration", false },
    { "stage", true },
    { "public-key", true },
    { "ingest-configuration", true },
    { "encoder-configuration", true },
    { "storage-configuration", true },
    { "composition", true },
};
/* clang-format on */

int tags_check_resource(struct call *call, const char *arn, bool *has_any_letter)
{
    struct arn parts;
    int err = call_check_arn(call, arn, NULL);

    if (err)
        return err;
    arn_parse(&parts, arn);
    for (size_t i = 0; i < ARRAY_LEN(taggable); i++) {
        if (!strcmp(taggable[i].type, parts.type)) {
            *has_any_letter = taggable[i].has_any_letter;
            return 0;
        }
    }
    return call_not_found(call, -ENOENT, arn);
}

int tags_check_letters(struct call *call, const struct input_map *given)
{
    for (size_t i = 0; i < given->count; i++) {
        const struct input_pair *tag = &given->items[i];

        if (!pattern_matches(shape_tag_key.pattern, tag->key) ||
            !pattern_matches(shape_tag_value.pattern, tag->value))
            return call_fail(call, API_VALIDATION,
                             "Value '%s' at 'tags' failed to satisfy constraint: keys and values "
                             "must satisfy regular expression pattern: %s",
                             tag->key, shape_tag_value.pattern->text);
    }
    return 0;
}

int tags_merge(struct call *call, const char *tags, const struct input_map *given, const char **out)
{
    json_t *object = json_loads(tags, 0, NULL);
    int err = object ? set_tags(call, object, given) : -EPROTO;

    if (!err)
        *out = text_of(call, object);
    json_decref(object);
    return err;
}

int tags_read(struct call *call, const struct input_map *given, const char **out)
{
    *out = "{}";
    return given && given->count ? tags_merge(call, "{}", given, out) : 0;
}

int tags_remove(struct call *call, const char *tags, const struct input_list *keys,
                const char **out)
{
    json_t *object = json_loads(tags, 0, NULL);

    if (!object)
        return -EPROTO;
    for (size_t i = 0; i < keys->count; i++)
        json_object_del(object, keys->items[i]);
    *out = text_of(call, object);
    json_decref(object);
    return 0;
}
