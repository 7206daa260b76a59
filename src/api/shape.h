/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints that many fields share, as the service descriptions have them; for tables of fields:
 *
 *     { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(channel) },
 */
#ifndef API_SHAPE_H
#define API_SHAPE_H

#include "api/input.h"
#include "api/pattern.h"

extern struct pattern pattern_name;
extern struct pattern pattern_page_token;
extern struct pattern pattern_bucket;
extern struct pattern pattern_resource_arn;
extern struct pattern pattern_channel_arn;
extern struct pattern pattern_stream_key_arn;
extern struct pattern pattern_recording_configuration_arn;
extern struct pattern pattern_recording_configuration_arn_or_none;
extern struct pattern pattern_playback_restriction_policy_arn;
extern struct pattern pattern_playback_restriction_policy_arn_or_none;
extern struct pattern pattern_ad_configuration_arn;
extern struct pattern pattern_ad_configuration_arn_or_none;
extern struct pattern pattern_playback_key_arn;
/* of ivs-realtime */
extern struct pattern pattern_stage_arn;
extern struct pattern pattern_stage_arn_or_none;
extern struct pattern pattern_public_key_arn;
extern struct pattern pattern_composition_arn;
extern struct pattern pattern_encoder_configuration_arn;
extern struct pattern pattern_storage_configuration_arn;
extern struct pattern pattern_storage_configuration_arn_or_none;
extern struct pattern pattern_ingest_configuration_arn;
extern struct pattern pattern_stage_session_id;
extern struct pattern pattern_participant_id;
extern struct pattern pattern_participant_token_id;

#define SHAPE_NAME         .max = 128, .pattern = &pattern_name
#define SHAPE_BUCKET       .min = 3, .max = 63, .pattern = &pattern_bucket
#define SHAPE_ARN(type)    .min = 1, .max = 128, .pattern = &pattern_##type##_arn
#define SHAPE_NO_ARN(type) .max = 128, .pattern = &pattern_##type##_arn_or_none

/* Of ivs resources; those of ivs-realtime may hold any character. */
extern const struct field shape_tag_key, shape_tag_value;
#define SHAPE_TAGS .max = 50, .key = &shape_tag_key, .item = &shape_tag_value
extern const struct field shape_realtime_tag_key, shape_realtime_tag_value;
#define SHAPE_REALTIME_TAGS                                                                        \
    .max = 50, .key = &shape_realtime_tag_key, .item = &shape_realtime_tag_value

/* Any text to any text: attributes of participants. */
extern const struct field shape_any_text;
#define SHAPE_ATTRIBUTES .key = &shape_any_text, .item = &shape_any_text

/* Which page of a list. */
struct page_input {
    const char *token;
    const int64_t *max_results;
};
#define SHAPE_PAGE_TOKEN .max = 1024, .pattern = &pattern_page_token

/* The fields of operations that take nothing but a page, of at most `most` resources. */
#define PAGE_FIELDS(most)                                                                          \
    { "nextToken", FIELD_STRING, offsetof(struct page_input, token), SHAPE_PAGE_TOKEN },           \
    {                                                                                              \
        "maxResults", FIELD_INT, offsetof(struct page_input, max_results), .min = 1, .max = (most) \
    }

/* Operations that take nothing but the name of a resource. */
struct arn_input {
    const char *arn;
};
#define ARN_FIELD(type)                                                                            \
    {                                                                                              \
        "arn", FIELD_STRING, 0, .is_required = true, SHAPE_ARN(type)                               \
    }

#endif
