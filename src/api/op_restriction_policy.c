/* SPDX-License-Identifier: Apache-2.0 */
/* Playback restriction policies: from which countries and origins public channels may be watched.
 */
#include <string.h>

#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE          "playback-restriction-policy"
#define RATE          5
#define COUNTRIES_MAX 200
#define ORIGINS_MAX   5

/* Of Create, which has no arn, and Update, which has no tags. */
struct policy_input {
    const char *arn;
    const char *name;
    const struct input_list *countries;
    const struct input_list *origins;
    const bool *is_strict;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct policy_input, member)

/* clang-format off */
static const struct field country = { .type = FIELD_STRING, .min = 2, .max = 2 };
static const struct field origin = { .type = FIELD_STRING, .max = 128 };

#define POLICY_FIELDS                                                                             \
    { "allowedCountries", FIELD_LIST, AT(countries), .item = &country },                          \
    { "allowedOrigins",   FIELD_LIST, AT(origins), .item = &origin },                             \
    { "enableStrictOriginEnforcement", FIELD_BOOL, AT(is_strict) },                               \
    { "name",             FIELD_STRING, AT(name), SHAPE_NAME }

static const struct field create_fields[] = {
    POLICY_FIELDS,
    { "tags", FIELD_MAP, AT(tags), SHAPE_TAGS },
    { 0 },
};

static const struct field update_fields[] = {
    { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(playback_restriction_policy) },
    POLICY_FIELDS,
    { 0 },
};
/* clang-format on */
#undef AT

/* --- what a policy may hold --- */

static bool is_country(const char *code)
{
    return code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

/* scheme://host[:port], whose host may begin with "*." */
static bool is_origin(const char *text)
{
    const char *host = !strncmp(text, "https://", 8)  ? text + 8
                       : !strncmp(text, "http://", 7) ? text + 7
                                                      : NULL;

    if (!host || !*host)
        return false;
    if (*host == '*')
        host++;
    return *host && !strpbrk(host, "*/?# @,");
}

static int check_input(struct call *call, const struct policy_input *in)
{
    size_t countries = in->countries ? in->countries->count : 0;
    size_t origins = in->origins ? in->origins->count : 0;

    if (countries > COUNTRIES_MAX)
        return call_fail(call, API_VALIDATION, "allowedCountries: at most %d", COUNTRIES_MAX);
    if (origins > ORIGINS_MAX)
        return call_fail(call, API_VALIDATION, "allowedOrigins: at most %d", ORIGINS_MAX);
    for (size_t i = 0; i < countries; i++)
        if (!is_country(in->countries->items[i]))
            return call_fail(call, API_VALIDATION,
                             "allowedCountries: %s is no ISO 3166-1 alpha-2 code",
                             (const char *)in->countries->items[i]);
    for (size_t i = 0; i < origins; i++)
        if (!is_origin(in->origins->items[i]))
            return call_fail(call, API_VALIDATION,
                             "allowedOrigins: %s is not of the form https://host:port",
                             (const char *)in->origins->items[i]);
    return 0;
}

/* --- documents --- */

static void write_texts(struct json_writer *w, const char *member, const struct input_list *texts)
{
    write_array(w, member);
    for (size_t i = 0; texts && i < texts->count; i++)
        write_string(w, NULL, texts->items[i]);
    write_array_end(w);
}

static const char *document_of(struct call *call, const struct policy_input *in)
{
    struct document d;

    document_begin(&d);
    write_texts(&d.out, "allowedCountries", in->countries);
    write_texts(&d.out, "allowedOrigins", in->origins);
    write_bool(&d.out, "enableStrictOriginEnforcement", bool_or(in->is_strict, false));
    return document_end(&d, call);
}

/* --- CreatePlaybackRestrictionPolicy --- */

static int create_policy(struct call *call, const void *input)
{
    const struct policy_input *in = input;
    struct resource policy;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_input(call, in);
    if (err)
        return err;
    policy = new_resource(call, TYPE, in->name, tags);
    policy.body = document_of(call, in);
    err = add_resource(call, &policy, QUOTA_PLAYBACK_RESTRICTION_POLICIES);
    return err ? err : reply_write_resource(call, "playbackRestrictionPolicy", &policy);
}

/* clang-format off */
const struct operation op_create_playback_restriction_policy = {
    .name = "CreatePlaybackRestrictionPolicy", .method = "POST",
    .path = "/CreatePlaybackRestrictionPolicy",
    .services = SERVICE_IVS, .rate = RATE, .run = create_policy,
    .fields = create_fields, .input_size = sizeof(struct policy_input),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct policy_input, tags),
};
/* clang-format on */

/* --- UpdatePlaybackRestrictionPolicy --- */

struct update {
    struct call *call;
    const struct policy_input *in;
    struct resource policy;
};

/* What was not given stays as it was. */
static int keep_others(struct call *call, struct policy_input *in, const char *body)
{
    static const struct field fields[] = {
        { "allowedCountries", FIELD_LIST, offsetof(struct policy_input, countries),
          .item = &country },
        { "allowedOrigins", FIELD_LIST, offsetof(struct policy_input, origins), .item = &origin },
        { "enableStrictOriginEnforcement", FIELD_BOOL, offsetof(struct policy_input, is_strict) },
        { 0 },
    };
    struct input_source source = { .body = body, .body_len = strlen(body), .query = "" };
    const struct policy_input *was;
    const void *read;
    const char *message;

    if (input_read(&read, call->arena, fields, sizeof(*was), &source, &message))
        return -EPROTO;
    was = read;
    in->countries = in->countries ? in->countries : was->countries;
    in->origins = in->origins ? in->origins : was->origins;
    in->is_strict = in->is_strict ? in->is_strict : was->is_strict;
    return 0;
}

static int change_policy(struct store_txn *txn, void *arg)
{
    struct update *update = arg;
    struct policy_input in = *update->in;
    struct resource *policy = &update->policy;
    int err = call_find_in(update->call, txn, in.arn, TYPE, policy);

    if (!err)
        err = keep_others(update->call, &in, policy->body);
    if (err)
        return err;
    policy->name = string_or(in.name, policy->name);
    policy->body = document_of(update->call, &in);
    return txn_update(txn, policy);
}

static int update_policy(struct call *call, const void *input)
{
    struct update update = { .call = call, .in = input };
    int err = check_input(call, input);

    if (!err)
        err = store_write(call->store, change_policy, &update);
    return err ? err : reply_write_resource(call, "playbackRestrictionPolicy", &update.policy);
}

/* clang-format off */
const struct operation op_update_playback_restriction_policy = {
    .name = "UpdatePlaybackRestrictionPolicy", .method = "POST",
    .path = "/UpdatePlaybackRestrictionPolicy",
    .services = SERVICE_IVS, .rate = RATE, .run = update_policy,
    .fields = update_fields, .input_size = sizeof(struct policy_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- GetPlaybackRestrictionPolicy, DeletePlaybackRestrictionPolicy --- */

static const struct field arn_fields[] = { ARN_FIELD(playback_restriction_policy), { 0 } };

static int get_policy(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "playbackRestrictionPolicy", reply_write_resource);
}

/* clang-format off */
const struct operation op_get_playback_restriction_policy = {
    .name = "GetPlaybackRestrictionPolicy", .method = "POST",
    .path = "/GetPlaybackRestrictionPolicy",
    .services = SERVICE_IVS, .rate = RATE, .run = get_policy,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_policy(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return delete_unreferenced(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_playback_restriction_policy = {
    .name = "DeletePlaybackRestrictionPolicy", .method = "POST",
    .path = "/DeletePlaybackRestrictionPolicy", .status = 204,
    .services = SERVICE_IVS, .rate = RATE, .run = delete_policy,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListPlaybackRestrictionPolicies --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_policies(struct call *call, const void *input)
{
    static const struct reply_list list = { "playbackRestrictionPolicies", TYPE, 1, "",
                                            reply_write_resource };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_playback_restriction_policies = {
    .name = "ListPlaybackRestrictionPolicies", .method = "POST",
    .path = "/ListPlaybackRestrictionPolicies",
    .services = SERVICE_IVS, .rate = RATE, .run = list_policies,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_ALL },
};
/* clang-format on */
