/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that the files of operations define; gathered in operation.c. */
#ifndef API_OP_TABLES_H
#define API_OP_TABLES_H

struct operation;

/* op_ad_configuration.c */
extern const struct operation op_create_ad_configuration;
extern const struct operation op_delete_ad_configuration;
extern const struct operation op_get_ad_configuration;
extern const struct operation op_list_ad_configurations;

/* op_channel.c */
extern const struct operation op_batch_get_channel;
extern const struct operation op_create_channel;
extern const struct operation op_delete_channel;
extern const struct operation op_get_channel;
extern const struct operation op_list_channels;
extern const struct operation op_update_channel;

/* op_composition.c */
extern const struct operation op_get_composition;
extern const struct operation op_list_compositions;
extern const struct operation op_start_composition;
extern const struct operation op_stop_composition;

/* op_encoder_configuration.c */
extern const struct operation op_create_encoder_configuration;
extern const struct operation op_delete_encoder_configuration;
extern const struct operation op_get_encoder_configuration;
extern const struct operation op_list_encoder_configurations;

/* op_identity.c */
extern const struct operation op_get_caller_identity;

/* op_ingest_configuration.c */
extern const struct operation op_create_ingest_configuration;
extern const struct operation op_delete_ingest_configuration;
extern const struct operation op_get_ingest_configuration;
extern const struct operation op_list_ingest_configurations;
extern const struct operation op_update_ingest_configuration;

/* op_playback_key.c */
extern const struct operation op_delete_playback_key_pair;
extern const struct operation op_get_playback_key_pair;
extern const struct operation op_import_playback_key_pair;
extern const struct operation op_list_playback_key_pairs;

/* op_public_key.c */
extern const struct operation op_delete_public_key;
extern const struct operation op_get_public_key;
extern const struct operation op_import_public_key;
extern const struct operation op_list_public_keys;

/* op_recording_configuration.c */
extern const struct operation op_create_recording_configuration;
extern const struct operation op_delete_recording_configuration;
extern const struct operation op_get_recording_configuration;
extern const struct operation op_list_recording_configurations;

/* op_restriction_policy.c */
extern const struct operation op_create_playback_restriction_policy;
extern const struct operation op_delete_playback_restriction_policy;
extern const struct operation op_get_playback_restriction_policy;
extern const struct operation op_list_playback_restriction_policies;
extern const struct operation op_update_playback_restriction_policy;

/* op_revocation.c */
extern const struct operation op_batch_start_viewer_session_revocation;
extern const struct operation op_start_viewer_session_revocation;

/* op_session.c */
extern const struct operation op_get_stream_session;
extern const struct operation op_insert_ad_break;
extern const struct operation op_list_stream_sessions;
extern const struct operation op_put_metadata;

/* op_stage.c */
extern const struct operation op_create_participant_token;
extern const struct operation op_create_stage;
extern const struct operation op_delete_stage;
extern const struct operation op_get_stage;
extern const struct operation op_list_stages;
extern const struct operation op_update_stage;

/* op_stage_session.c */
extern const struct operation op_disconnect_participant;
extern const struct operation op_get_participant;
extern const struct operation op_get_stage_session;
extern const struct operation op_list_participant_events;
extern const struct operation op_list_participant_replicas;
extern const struct operation op_list_participants;
extern const struct operation op_list_stage_sessions;
extern const struct operation op_start_participant_replication;
extern const struct operation op_stop_participant_replication;

/* op_storage_configuration.c */
extern const struct operation op_create_storage_configuration;
extern const struct operation op_delete_storage_configuration;
extern const struct operation op_get_storage_configuration;
extern const struct operation op_list_storage_configurations;

/* op_stream.c */
extern const struct operation op_get_stream;
extern const struct operation op_list_streams;
extern const struct operation op_stop_stream;

/* op_stream_key.c */
extern const struct operation op_batch_get_stream_key;
extern const struct operation op_create_stream_key;
extern const struct operation op_delete_stream_key;
extern const struct operation op_get_stream_key;
extern const struct operation op_list_stream_keys;

/* op_tag.c */
extern const struct operation op_list_tags_for_resource;
extern const struct operation op_tag_resource;
extern const struct operation op_untag_resource;

#endif
