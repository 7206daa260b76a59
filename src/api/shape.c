/* SPDX-License-Identifier: Apache-2.0 */
#include "api/shape.h"

#define ARN_PATTERN(type)         "arn:aws:ivs:[a-z0-9-]+:[0-9]+:" type "/[a-zA-Z0-9-]+"
#define ARN_OR_NONE_PATTERN(type) "^$|^" ARN_PATTERN(type) "$"
#define TAG_LETTERS               "\\p{L}\\p{Z}\\p{N}_.:/=+\\-@"

/* clang-format off */
struct pattern pattern_name         = { .text = "[a-zA-Z0-9-_]*" };
struct pattern pattern_page_token   = { .text = "[a-zA-Z0-9+/=_-]*" };
struct pattern pattern_bucket       = { .text = "[a-z0-9-.]+" };
/* the service descriptions say [a-z-] without +, which no ARN would match */
struct pattern pattern_resource_arn = { .text = ARN_PATTERN("[a-z-]+") };

struct pattern pattern_channel_arn      = { .text = ARN_PATTERN("channel") };
struct pattern pattern_stream_key_arn   = { .text = ARN_PATTERN("stream-key") };
struct pattern pattern_playback_key_arn = { .text = ARN_PATTERN("playback-key") };
struct pattern pattern_recording_configuration_arn = {
    .text = ARN_PATTERN("recording-configuration")
};
struct pattern pattern_recording_configuration_arn_or_none = {
    .text = ARN_OR_NONE_PATTERN("recording-configuration")
};
struct pattern pattern_playback_restriction_policy_arn = {
    .text = ARN_PATTERN("playback-restriction-policy")
};
struct pattern pattern_playback_restriction_policy_arn_or_none = {
    .text = ARN_OR_NONE_PATTERN("playback-restriction-policy")
};
struct pattern pattern_ad_configuration_arn = { .text = ARN_PATTERN("ad-configuration") };
struct pattern pattern_ad_configuration_arn_or_none = {
    .text = ARN_OR_NONE_PATTERN("ad-configuration")
};

struct pattern pattern_stage_arn         = { .text = ARN_PATTERN("stage") };
struct pattern pattern_stage_arn_or_none = { .text = ARN_OR_NONE_PATTERN("stage") };
struct pattern pattern_public_key_arn    = { .text = ARN_PATTERN("public-key") };
struct pattern pattern_composition_arn   = { .text = ARN_PATTERN("composition") };
struct pattern pattern_encoder_configuration_arn = {
    .text = ARN_PATTERN("encoder-configuration")
};
struct pattern pattern_storage_configuration_arn = {
    .text = ARN_PATTERN("storage-configuration")
};
struct pattern pattern_storage_configuration_arn_or_none = {
    .text = ARN_OR_NONE_PATTERN("storage-configuration")
};
struct pattern pattern_ingest_configuration_arn = {
    .text = ARN_PATTERN("ingest-configuration")
};
struct pattern pattern_stage_session_id = { .text = "st-[a-zA-Z0-9]+" };
/* the service description has no underscore here, though tokens may have one */
struct pattern pattern_participant_id = { .text = "[a-zA-Z0-9-_]*" };
struct pattern pattern_participant_token_id = { .text = "[a-zA-Z0-9-_]*" };
/* clang-format on */

static struct pattern pattern_tag_key = { .text = "([" TAG_LETTERS "]+)" };
static struct pattern pattern_tag_value = { .text = "([" TAG_LETTERS "]*)" };

const struct field shape_tag_key = { .min = 1, .max = 128, .pattern = &pattern_tag_key };
const struct field shape_tag_value = { .max = 256, .pattern = &pattern_tag_value };
const struct field shape_realtime_tag_key = { .min = 1, .max = 128 };
const struct field shape_realtime_tag_value = { .max = 256 };
const struct field shape_any_text = { .type = FIELD_STRING };
