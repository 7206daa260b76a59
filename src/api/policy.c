/* SPDX-License-Identifier: Apache-2.0 */
/* IAM user guide, "Grammar of the IAM JSON policy language" and "Policy evaluation logic". */
#include "api/policy.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/policy_condition.h"
#include "base/arena.h"
#include "base/mem.h"

#define POLICY_MAX ((size_t)64 * 1024)
#define ACTION_MAX 128

struct texts {
    const char *const *items;
    size_t count;
};

struct statement {
    bool is_allow;
    struct texts actions;
    bool is_not_actions; /* NotAction: all but these */
    struct texts resources;
    bool is_not_resources;
    const struct policy_condition **conditions;
    size_t condition_count;
};

struct policy {
    struct arena *arena; /* holds all of it */
    struct statement *statements;
    size_t count;
    bool needs_resource_tags;
};

struct parsing {
    struct policy *policy;
    json_t *json;
    const char *message;
};

static int refuse(struct parsing *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct parsing *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    p->message = arena_vprintf(p->policy->arena, format, args);
    va_end(args);
    return -EINVAL;
}

/* --- reading --- */

static const char *text_of(struct parsing *p, json_t *value)
{
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return arena_strdup(p->policy->arena, json_string_value(value));
}

/* A text or a list of at least one. */
static int read_texts(struct parsing *p, struct texts *out, json_t *value, const char *name)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    const char **items = arena_alloc(p->policy->arena, (count + 1) * sizeof(*items));

    if (!count)
        return refuse(p, "%s is empty", name);
    for (size_t i = 0; i < count; i++) {
        items[i] = text_of(p, json_is_array(value) ? json_array_get(value, i) : value);
        if (!items[i])
            return refuse(p, "%s must be a text or a list of texts", name);
    }
    *out = (struct texts){ items, count };
    return 0;
}

static bool is_action(const char *text)
{
    const char *colon = strchr(text, ':');

    return !strcmp(text, "*") || (colon && colon != text && colon[1] && !strchr(colon + 1, ':') &&
                                  strlen(text) < ACTION_MAX);
}

static bool is_resource(const char *text)
{
    return !strcmp(text, "*") || !strncmp(text, "arn:", 4);
}

static int check_texts(struct parsing *p, const struct texts *texts, const char *name,
                       bool (*is_valid)(const char *text))
{
    for (size_t i = 0; i < texts->count; i++) {
        if (!is_valid(texts->items[i]))
            return refuse(p, "%s: %s is not of the right form", name, texts->items[i]);
        if (strstr(texts->items[i], "${"))
            return refuse(p, "policy variables are not supported: %s", texts->items[i]);
    }
    return 0;
}

/* Either `name` or Not`name`. */
static int read_either(struct parsing *p, struct texts *out, bool *is_not, json_t *statement,
                       const char *name, const char *not_name, bool (*is_valid)(const char *text))
{
    json_t *yes = json_object_get(statement, name), *no = json_object_get(statement, not_name);
    int err;

    if (!yes == !no)
        return refuse(p, "a statement needs either %s or %s", name, not_name);
    *is_not = no;
    err = read_texts(p, out, yes ? yes : no, yes ? name : not_name);
    return err ? err : check_texts(p, out, name, is_valid);
}

static int read_condition(struct parsing *p, struct statement *out, const char *name,
                          const char *key, json_t *values)
{
    const struct policy_condition *condition;
    struct texts texts;
    int err = read_texts(p, &texts, values, key);

    if (err)
        return err;
    condition =
        policy_condition_make(p->policy->arena, name, key, texts.items, texts.count, &p->message);
    if (!condition)
        return -EINVAL;
    out->conditions[out->condition_count++] = condition;
    if (policy_condition_needs_resource_tags(condition))
        p->policy->needs_resource_tags = true;
    return 0;
}

static size_t count_conditions(json_t *block)
{
    const char *name;
    json_t *keys;
    size_t count = 0;

    json_object_foreach(block, name, keys) count += json_object_size(keys);
    return count;
}

static int read_conditions(struct parsing *p, struct statement *out, json_t *block)
{
    const char *name, *key;
    json_t *keys, *values;
    int err;

    if (block && !json_is_object(block))
        return refuse(p, "Condition must be an object");
    out->conditions =
        arena_alloc(p->policy->arena, (count_conditions(block) + 1) * sizeof(*out->conditions));
    json_object_foreach(block, name, keys)
    {
        if (!json_is_object(keys))
            return refuse(p, "Condition: %s must be an object", name);
        json_object_foreach(keys, key, values)
        {
            err = read_condition(p, out, name, key, values);
            if (err)
                return err;
        }
    }
    return 0;
}

/* A member that is not obeyed must not be there. */
static int check_members(struct parsing *p, json_t *object, const char *const *known)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        bool is_known = false;

        for (size_t i = 0; known[i]; i++)
            is_known |= !strcmp(known[i], name);
        if (!is_known)
            return refuse(p, "unknown element %s", name);
    }
    return 0;
}

static int read_statement(struct parsing *p, struct statement *out, json_t *json)
{
    static const char *const known[] = { "Sid",      "Effect",      "Action",    "NotAction",
                                         "Resource", "NotResource", "Condition", NULL };
    const char *effect = json_string_value(json_object_get(json, "Effect"));
    int err;

    if (!json_is_object(json))
        return refuse(p, "a statement must be an object");
    err = check_members(p, json, known);
    if (err)
        return err;
    if (!effect || (strcmp(effect, "Allow") && strcmp(effect, "Deny")))
        return refuse(p, "Effect must be Allow or Deny");
    out->is_allow = !strcmp(effect, "Allow");
    err =
        read_either(p, &out->actions, &out->is_not_actions, json, "Action", "NotAction", is_action);
    if (!err)
        err = read_either(p, &out->resources, &out->is_not_resources, json, "Resource",
                          "NotResource", is_resource);
    return err ? err : read_conditions(p, out, json_object_get(json, "Condition"));
}

static int read_document(struct parsing *p)
{
    static const char *const known[] = { "Version", "Id", "Statement", NULL };
    json_t *list = json_object_get(p->json, "Statement");
    size_t count = json_is_array(list) ? json_array_size(list) : 1;
    struct policy *policy = p->policy;
    int err;

    if (!json_is_object(p->json))
        return refuse(p, "it is no JSON object");
    err = check_members(p, p->json, known);
    if (err)
        return err;
    if (!list || !count)
        return refuse(p, "it has no Statement");
    policy->statements = arena_zalloc(policy->arena, count * sizeof(*policy->statements));
    for (; policy->count < count; policy->count++) {
        err = read_statement(p, &policy->statements[policy->count],
                             json_is_array(list) ? json_array_get(list, policy->count) : list);
        if (err)
            return err;
    }
    return 0;
}

int policy_parse(struct policy **out, const char *json, char message[POLICY_MESSAGE_SIZE])
{
    struct arena *arena = arena_create();
    struct policy *policy = arena_zalloc(arena, sizeof(*policy));
    struct parsing p = { .policy = policy };
    int err;

    policy->arena = arena;
    if (strlen(json) <= POLICY_MAX)
        p.json = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    err = p.json ? read_document(&p) : refuse(&p, "it is no valid JSON");
    json_decref(p.json);
    if (err) {
        snprintf(message, POLICY_MESSAGE_SIZE, "%s", p.message);
        policy_destroy(policy);
        return err;
    }
    *out = policy;
    return 0;
}

void policy_destroy(struct policy *policy)
{
    if (policy)
        arena_destroy(policy->arena);
}

bool policy_needs_resource_tags(const struct policy *policy)
{
    return policy->needs_resource_tags;
}

/* --- judging --- */

static void copy_lower(char out[ACTION_MAX], const char *text)
{
    size_t i;

    for (i = 0; text[i] && i < ACTION_MAX - 1; i++)
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    out[i] = '\0';
}

/* The names of actions are not case-sensitive. */
static bool action_matches(const char *pattern, const char *action)
{
    char lower_pattern[ACTION_MAX], lower_action[ACTION_MAX];

    copy_lower(lower_pattern, pattern);
    copy_lower(lower_action, action);
    return policy_matches(lower_pattern, lower_action);
}

static bool any_matches(const struct texts *texts, const char *text,
                        bool (*matches)(const char *pattern, const char *text))
{
    for (size_t i = 0; i < texts->count; i++)
        if (matches(texts->items[i], text))
            return true;
    return false;
}

static bool applies(const struct statement *s, const struct policy_request *request)
{
    if (any_matches(&s->actions, request->action, action_matches) == s->is_not_actions)
        return false;
    if (any_matches(&s->resources, request->resource, policy_matches) == s->is_not_resources)
        return false;
    for (size_t i = 0; i < s->condition_count; i++)
        if (!policy_condition_holds(s->conditions[i], request))
            return false;
    return true;
}

enum policy_verdict policy_judge(const struct policy *policy, const struct policy_request *request)
{
    enum policy_verdict verdict = POLICY_NOT_ALLOWED;

    for (size_t i = 0; i < policy->count; i++) {
        const struct statement *s = &policy->statements[i];

        if (!applies(s, request))
            continue;
        if (!s->is_allow)
            return POLICY_DENIED;
        verdict = POLICY_ALLOWED;
    }
    return verdict;
}
