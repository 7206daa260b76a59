/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: those that participants' own tokens are checked with. */
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/public_key.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE "public-key"
#define RATE 3

/* --- ImportPublicKey --- */

struct import_key {
    const char *material;
    const char *name;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct import_key, member)

/* clang-format off */
static struct pattern pem = {
    .text = ".*-----BEGIN PUBLIC KEY-----\\r?\\n([a-zA-Z0-9+/=\\r\\n]+)\\r?\\n"
            "-----END PUBLIC KEY-----(\\r?\\n)?.*"
};
static const struct field import_fields[] = {
    { "publicKeyMaterial", FIELD_STRING, AT(material), .is_required = true, .pattern = &pem },
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "tags", FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

static int import_public_key(struct call *call, const void *input)
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
                         "publicKeyMaterial must be an ECDSA public key on P-384");
    key = new_resource(call, TYPE, in->name, tags);
    key.key = fingerprint;
    document_begin(&body);
    write_string(&body.out, "publicKeyMaterial", in->material);
    write_string(&body.out, "fingerprint", fingerprint);
    key.body = document_end(&body, call);
    err = add_resource(call, &key, QUOTA_PUBLIC_KEYS);
    return err ? err : reply_write_resource(call, "publicKey", &key);
}

/* clang-format off */
const struct operation op_import_public_key = {
    .name = "ImportPublicKey", .method = "POST", .path = "/ImportPublicKey",
    .services = SERVICE_REALTIME, .rate = RATE, .run = import_public_key,
    .fields = import_fields, .input_size = sizeof(struct import_key),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct import_key, tags),
};
/* clang-format on */

/* --- GetPublicKey, DeletePublicKey --- */

static const struct field arn_fields[] = { ARN_FIELD(public_key), { 0 } };

static int get_public_key(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "publicKey", reply_write_resource);
}

/* clang-format off */
const struct operation op_get_public_key = {
    .name = "GetPublicKey", .method = "POST", .path = "/GetPublicKey",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_public_key,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_public_key(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return call_delete(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_public_key = {
    .name = "DeletePublicKey", .method = "POST", .path = "/DeletePublicKey",
    .services = SERVICE_REALTIME, .rate = RATE, .run = delete_public_key,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListPublicKeys --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_public_keys(struct call *call, const void *input)
{
    static const struct reply_list list = { "publicKeys", TYPE, 50, "", reply_write_summary };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_public_keys = {
    .name = "ListPublicKeys", .method = "POST", .path = "/ListPublicKeys",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_public_keys,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_ALL },
};
/* clang-format on */
