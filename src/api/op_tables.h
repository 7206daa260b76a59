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

#endif
