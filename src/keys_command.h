/* SPDX-License-Identifier: Apache-2.0 */
/* `weir keys`: makes, lists, disables and deletes access keys, beside a running server. */
#ifndef KEYS_COMMAND_H
#define KEYS_COMMAND_H

/* The arguments behind `weir keys`. Returns the exit status: 0, 1 failed, 2 wrong usage. */
int keys_main(int argc, char **argv);

#endif
