/* SPDX-License-Identifier: Apache-2.0 */
/* Stream sessions, timed metadata and ad breaks: judged in full, and then said to do nothing yet.
 */
#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/shape.h"
#include "store/channel.h"

/* On a channel that exists. */
struct on_channel {
    const char *channel_arn;
};

static int check_channel(struct call *call, const void *input)
{
    const struct on_channel *in = input;
    struct resource channel;

    return call_find(call, in->channel_arn, CHANNEL_TYPE, &channel);
}

/* All inputs here begin with the channel. */
#define CHANNEL_FIELD                                                                              \
    {                                                                                              \
        "channelArn", FIELD_STRING, 0, .is_required = true, SHAPE_ARN(channel)                     \
    }

/* --- GetStreamSession --- */

struct get_stream_session {
    struct on_channel channel;
    const char *stream_id;
};

/* clang-format off */
static struct pattern stream_id = { .text = "st-[a-zA-Z0-9]+" };
static const struct field get_session_fields[] = {
    CHANNEL_FIELD,
    { "streamId", FIELD_STRING, offsetof(struct get_stream_session, stream_id), .min = 26,
      .max = 26, .pattern = &stream_id },
    { 0 },
};

const struct operation op_get_stream_session = {
    .name = "GetStreamSession", .method = "POST", .path = "/GetStreamSession",
    .services = SERVICE_IVS, .rate = 5, .run = check_channel, .is_pending = true,
    .fields = get_session_fields, .input_size = sizeof(struct get_stream_session),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListStreamSessions --- */

struct list_stream_sessions {
    struct on_channel channel;
    struct page_input page;
};
#define AT(member) offsetof(struct list_stream_sessions, member)

/* clang-format off */
static const struct field list_sessions_fields[] = {
    CHANNEL_FIELD,
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 100 },
    { 0 },
};

const struct operation op_list_stream_sessions = {
    .name = "ListStreamSessions", .method = "POST", .path = "/ListStreamSessions",
    .services = SERVICE_IVS, .rate = 5, .run = check_channel, .is_pending = true,
    .fields = list_sessions_fields, .input_size = sizeof(struct list_stream_sessions),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
#undef AT

/* --- PutMetadata --- */

struct put_metadata {
    struct on_channel channel;
    const char *metadata;
};

/* clang-format off */
static const struct field put_metadata_fields[] = {
    CHANNEL_FIELD,
    { "metadata", FIELD_STRING, offsetof(struct put_metadata, metadata), .is_required = true,
      .is_secret = true, .min = 1 },
    { 0 },
};

const struct operation op_put_metadata = {
    .name = "PutMetadata", .method = "POST", .path = "/PutMetadata", .status = 204,
    .services = SERVICE_IVS, .rate = 155, .run = check_channel, .is_pending = true,
    .fields = put_metadata_fields, .input_size = sizeof(struct put_metadata),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- InsertAdBreak --- */

struct insert_ad_break {
    struct on_channel channel;
    const int64_t *duration_s;
};

/* clang-format off */
static const struct field insert_ad_break_fields[] = {
    CHANNEL_FIELD,
    { "durationSeconds", FIELD_INT, offsetof(struct insert_ad_break, duration_s),
      .is_required = true, .min = 1, .max = 300 },
    { 0 },
};

const struct operation op_insert_ad_break = {
    .name = "InsertAdBreak", .method = "POST", .path = "/InsertAdBreak",
    .services = SERVICE_IVS, .rate = 1, .run = check_channel, .is_pending = true,
    .fields = insert_ad_break_fields, .input_size = sizeof(struct insert_ad_break),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
