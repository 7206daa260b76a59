/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation of viewer sessions, which deliver/ obeys. */
#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/permission.h"
#include "api/shape.h"
#include "store/channel.h"
#include "store/revocation.h"

struct viewer_session {
    const char *channel_arn;
    const char *viewer_id;
    const int64_t *version;
};
#define AT(member) offsetof(struct viewer_session, member)

/* clang-format off */
static const struct field session_fields[] = {
    { "channelArn", FIELD_STRING, AT(channel_arn), .is_required = true, SHAPE_ARN(channel) },
    { "viewerId", FIELD_STRING, AT(viewer_id), .is_required = true, .min = 1, .max = 40 },
    { "viewerSessionVersionsLessThanOrEqualTo", FIELD_INT, AT(version) },
    { 0 },
};
/* clang-format on */
#undef AT

struct revocation {
    struct call *call;
    const struct viewer_session *session;
};

static int add_revocation(struct store_txn *txn, void *arg)
{
    struct revocation *revocation = arg;
    const struct viewer_session *session = revocation->session;
    struct call *call = revocation->call;
    struct resource channel;
    int err = call_find_in(call, txn, session->channel_arn, CHANNEL_TYPE, &channel);

    if (err)
        return err;
    return revocation_add(txn, call->arena, channel.arn, session->viewer_id,
                          int_or(session->version, 0), call->now_ms);
}

static int revoke(struct call *call, const struct viewer_session *session)
{
    struct revocation revocation = { call, session };

    return store_write(call->store, add_revocation, &revocation);
}

/* --- StartViewerSessionRevocation --- */

static int start_revocation(struct call *call, const void *input)
{
    return revoke(call, input);
}

/* clang-format off */
const struct operation op_start_viewer_session_revocation = {
    .name = "StartViewerSessionRevocation", .method = "POST",
    .path = "/StartViewerSessionRevocation",
    .services = SERVICE_IVS, .rate = 10, .run = start_revocation,
    .fields = session_fields, .input_size = sizeof(struct viewer_session),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- BatchStartViewerSessionRevocation --- */

struct batch_revocation {
    const struct input_list *sessions;
};

/* clang-format off */
static const struct field session_item = {
    .type = FIELD_STRUCT, .fields = session_fields, .size = sizeof(struct viewer_session)
};
static const struct field batch_fields[] = {
    { "viewerSessions", FIELD_LIST, offsetof(struct batch_revocation, sessions),
      .is_required = true, .min = 1, .max = 20, .item = &session_item },
    { 0 },
};
/* clang-format on */

static void write_error(struct call *call, const struct viewer_session *session)
{
    struct json_writer *w = &call->out;
    int status = api_error_info(call->error)->status;

    write_object(w, NULL);
    write_string(w, "channelArn", session->channel_arn);
    write_string(w, "viewerId", session->viewer_id);
    write_string(w, "code", arena_printf(call->arena, "%d", status));
    write_string(w, "message", status == 403 ? "not authorized" : "not found");
    write_object_end(w);
}

static int batch_start_revocation(struct call *call, const void *input)
{
    const struct batch_revocation *in = input;

    write_array(&call->out, "errors");
    for (size_t i = 0; i < in->sessions->count; i++) {
        const struct viewer_session *session = in->sessions->items[i];
        int err = permission_check_arn(call, session->channel_arn);

        if (!err)
            err = revoke(call, session);
        if (err == CALL_FAILED)
            write_error(call, session);
        else if (err)
            return err;
    }
    write_array_end(&call->out);
    return 0;
}

/* clang-format off */
const struct operation op_batch_start_viewer_session_revocation = {
    .name = "BatchStartViewerSessionRevocation", .method = "POST",
    .path = "/BatchStartViewerSessionRevocation",
    .services = SERVICE_IVS, .rate = 2, .run = batch_start_revocation,
    .fields = batch_fields, .input_size = sizeof(struct batch_revocation),
};
/* clang-format on */
