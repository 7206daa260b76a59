/* SPDX-License-Identifier: Apache-2.0 */
/* Playback key pairs: the public keys that viewers' tokens are checked with. */
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/public_key.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE "playback-key"
#define RATE 3

/* --- ImportPlaybackKeyPair --- */

struct import_key {
    const char *material;
    const char *name;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct import_key, member)

/* clang-format off */
static const struct field import_fields[] = {
    { "publicKeyMaterial", FIELD_STRING, AT(material), .is_required = true },
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "tags", FIELD_MAP, AT(tags), SHAPE_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

/* Replies show the fingerprint, not the key. */
static int write_key(struct call *call, const char *member, const struct resource *key)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", key->arn);
    write_string(w, "name", key->name);
    write_string(w, "fingerprint", key->key);
    write_json(w, "tags", key->tags);
    write_object_end(w);
    return 0;
}

static int import_playback_key_pair(struct call *call, const void *input)
{
    const struct import_key *in = input;
    char fingerprint[FINGERPRINT_SIZE];
    struct resource key;
    struct document body;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (err)
        return err;
    if (public_key_fingerprint(fingerprint, in->material))
        return call_fail(call, API_VALIDATION,
                         "Request member: publicKeyMaterial failed to satisfy the constraints");
    key = new_resource(call, TYPE, in->name, tags);
    key.key = fingerprint;
    document_begin(&body);
    write_string(&body.out, "publicKeyMaterial", in->material);
    key.body = document_end(&body, call);
    err = add_resource(call, &key, QUOTA_PLAYBACK_KEY_PAIRS);
    return err ? err : write_key(call, "keyPair", &key);
}

/* clang-format off */
const struct operation op_import_playback_key_pair = {
    .name = "ImportPlaybackKeyPair", .method = "POST", .path = "/ImportPlaybackKeyPair",
    .services = SERVICE_IVS, .rate = RATE, .run = import_playback_key_pair,
    .fields = import_fields, .input_size = sizeof(struct import_key),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct import_key, tags),
};
/* clang-format on */

/* --- GetPlaybackKeyPair, DeletePlaybackKeyPair --- */

static const struct field arn_fields[] = { ARN_FIELD(playback_key), { 0 } };

static int get_playback_key_pair(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "keyPair", write_key);
}

/* clang-format off */
const struct operation op_get_playback_key_pair = {
    .name = "GetPlaybackKeyPair", .method = "POST", .path = "/GetPlaybackKeyPair",
    .services = SERVICE_IVS, .rate = RATE, .run = get_playback_key_pair,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_playback_key_pair(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return call_delete(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_playback_key_pair = {
    .name = "DeletePlaybackKeyPair", .method = "POST", .path = "/DeletePlaybackKeyPair",
    .services = SERVICE_IVS, .rate = RATE, .run = delete_playback_key_pair,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListPlaybackKeyPairs --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_playback_key_pairs(struct call *call, const void *input)
{
    static const struct reply_list list = { "keyPairs", TYPE, 100, "", reply_write_summary };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_playback_key_pairs = {
    .name = "ListPlaybackKeyPairs", .method = "POST", .path = "/ListPlaybackKeyPairs",
    .services = SERVICE_IVS, .rate = RATE, .run = list_playback_key_pairs,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_TYPE(TYPE) },
};
/* clang-format on */
