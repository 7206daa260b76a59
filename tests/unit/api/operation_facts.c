/* SPDX-License-Identifier: Apache-2.0 */
#include "operation_facts.h"

#include <stdlib.h>

json_t *facts_load(void)
{
    json_t *facts = json_load_file(TEST_VECTORS "/api/operations.json", 0, NULL);

    assert_non_null(facts);
    return facts;
}

const char *fact_text(json_t *fact, const char *name)
{
    return json_string_value(json_object_get(fact, name));
}

json_t *right_members(struct arena *arena, json_t *members)
{
    json_t *object = json_object(), *fact;
    const char *name;

    json_object_foreach(members, name, fact)
    {
        if (json_is_true(json_object_get(fact, "required")) && !fact_text(fact, "source"))
            json_object_set_new(object, name, right_value(arena, fact));
    }
    return object;
}

/* Of ARNs and the like, what their pattern asks for. */
static const char *right_text(struct arena *arena, json_t *fact)
{
    const char *pattern = fact_text(fact, "pattern");
    const char *type = pattern ? strstr(pattern, "[0-9]+:") : NULL;

    if (pattern && strstr(pattern, "mediatailor"))
        return "arn:aws:mediatailor:" REGION ":" ACCOUNT ":playbackConfiguration/a";
    if (type)
        return arena_printf(arena, "arn:aws:ivs:" REGION ":" ACCOUNT ":%.*s/abcdefgh1234",
                            (int)strcspn(type + 7, "/"), type + 7);
    if (pattern && strstr(pattern, "BEGIN PUBLIC KEY"))
        return "-----BEGIN PUBLIC KEY-----\nabcd\n-----END PUBLIC KEY-----\n";
    if (pattern && !strncmp(pattern, "st-", 3))
        return json_integer_value(json_object_get(fact, "max")) == 16
                   ? "st-abcdefghijklm"
                   : "st-abcdefghijklmnopqrstuvw";
    return "abc";
}

json_t *right_value(struct arena *arena, json_t *fact)
{
    const char *type = fact_text(fact, "type");
    int64_t min = json_integer_value(json_object_get(fact, "min"));
    json_t *value;

    if (!strcmp(type, "string"))
        return json_string(right_text(arena, fact));
    if (!strcmp(type, "enum"))
        return json_incref(json_array_get(json_object_get(fact, "one_of"), 0));
    if (!strcmp(type, "boolean"))
        return json_true();
    if (!strcmp(type, "integer") || !strcmp(type, "float"))
        return json_integer(min ? min : 1);
    if (!strcmp(type, "structure"))
        return right_members(arena, json_object_get(fact, "members"));
    if (!strcmp(type, "map"))
        return json_object();
    value = json_array();
    json_array_append_new(value, right_value(arena, json_object_get(fact, "item")));
    return value;
}

int fact_call(struct api_fixture *f, json_t *fact, json_t *input, const char *tagged)
{
    const char *method = fact_text(fact, "method"), *path = fact_text(fact, "path");
    bool is_post = !strcmp(method, "POST");
    char *body = is_post ? json_dumps(input, 0) : NULL;

    if (strchr(path, '{'))
        path = arena_printf(f->arena, "/tags/%s%s", tagged,
                            strcmp(method, "DELETE") ? "" : "?tagKeys=a");
    api_request(f, method, path, body ? body : "");
    free(body);
    return f->reply.status;
}
