/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that the files of operations define; gathered in operation.c. */
#ifndef API_OP_TABLES_H
#define API_OP_TABLES_H

struct operation;

/* op_channel.c */
extern const struct operation op_batch_get_channel;
extern const struct operation op_create_channel;
extern const struct operation op_delete_channel;
extern const struct operation op_get_channel;
extern const struct operation op_list_channels;
extern const struct operation op_update_channel;

/* op_stream_key.c */
extern const struct operation op_batch_get_stream_key;
extern const struct operation op_create_stream_key;
extern const struct operation op_delete_stream_key;
extern const struct operation op_get_stream_key;
extern const struct operation op_list_stream_keys;

/* op_stream.c */
extern const struct operation op_get_stream;
extern const struct operation op_list_streams;
extern const struct operation op_stop_stream;

/* op_tag.c */
extern const struct operation op_list_tags_for_resource;
extern const struct operation op_tag_resource;
extern const struct operation op_untag_resource;

/* op_identity.c */
extern const struct operation op_get_caller_identity;

#endif
