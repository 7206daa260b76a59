/* SPDX-License-Identifier: Apache-2.0 */
/* The array of all operations, in the order of the service descriptions. */
#include "api/operation.h"

#include <string.h>

#include "api/op_tables.h"

/* clang-format off */
const struct operation *const operations[] = {
    /* ivs */
    &op_batch_get_channel,
    &op_batch_get_stream_key,
    &op_batch_start_viewer_session_revocation,
    &op_create_ad_configuration,
    &op_create_channel,
    &op_create_playback_restriction_policy,
    &op_create_recording_configuration,
    &op_create_stream_key,
    &op_delete_ad_configuration,
    &op_delete_channel,
    &op_delete_playback_key_pair,
    &op_delete_playback_restriction_policy,
    &op_delete_recording_configuration,
    &op_delete_stream_key,
    &op_get_ad_configuration,
    &op_get_channel,
    &op_get_playback_key_pair,
    &op_get_playback_restriction_policy,
    &op_get_recording_configuration,
    &op_get_stream,
    &op_get_stream_key,
    &op_get_stream_session,
    &op_import_playback_key_pair,
    &op_insert_ad_break,
    &op_list_ad_configurations,
    &op_list_channels,
    &op_list_playback_key_pairs,
    &op_list_playback_restriction_policies,
    &op_list_recording_configurations,
    &op_list_stream_keys,
    &op_list_stream_sessions,
    &op_list_streams,
    &op_put_metadata,
    &op_start_viewer_session_revocation,
    &op_stop_stream,
    &op_update_channel,
    &op_update_playback_restriction_policy,
    /* ivs-realtime */
    &op_create_encoder_configuration,
    &op_create_ingest_configuration,
    &op_create_participant_token,
    &op_create_stage,
    &op_create_storage_configuration,
    &op_delete_encoder_configuration,
    &op_delete_ingest_configuration,
    &op_delete_public_key,
    &op_delete_stage,
    &op_delete_storage_configuration,
    &op_disconnect_participant,
    &op_get_composition,
    &op_get_encoder_configuration,
    &op_get_ingest_configuration,
    &op_get_participant,
    &op_get_public_key,
    &op_get_stage,
    &op_get_stage_session,
    &op_get_storage_configuration,
    &op_import_public_key,
    &op_list_compositions,
    &op_list_encoder_configurations,
    &op_list_ingest_configurations,
    &op_list_participant_events,
    &op_list_participant_replicas,
    &op_list_participants,
    &op_list_public_keys,
    &op_list_stage_sessions,
    &op_list_stages,
    &op_list_storage_configurations,
    &op_start_composition,
    &op_start_participant_replication,
    &op_stop_composition,
    &op_stop_participant_replication,
    &op_update_ingest_configuration,
    &op_update_stage,
    /* both */
    &op_list_tags_for_resource,
    &op_tag_resource,
    &op_untag_resource,
    /* sts */
    &op_get_caller_identity,
    NULL,
};
/* clang-format on */

static bool matches(const struct operation *op, const char *path, const char **label)
{
    size_t fixed = strcspn(op->path, "{");

    *label = op->path[fixed] ? path + fixed : NULL;
    return *label ? !strncmp(op->path, path, fixed) && **label : !strcmp(op->path, path);
}

const struct operation *operation_find(const char *method, const char *path, const char **label)
{
    for (size_t i = 0; operations[i]; i++)
        if (matches(operations[i], path, label) && !strcmp(operations[i]->method, method))
            return operations[i];
    return NULL;
}

bool operation_has_path(const char *path)
{
    const char *label;

    for (size_t i = 0; operations[i]; i++)
        if (matches(operations[i], path, &label))
            return true;
    return false;
}
