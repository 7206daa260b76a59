/* SPDX-License-Identifier: Apache-2.0 */
/* A self-signed certificate, for servers that were given none.
 * Thread: any; blocks on files. */
#ifndef NET_SELF_SIGNED_H
#define NET_SELF_SIGNED_H

#include <stddef.h>

/* Makes a P-256 key and a certificate for `names` (host names and addresses) in the two files,
 * unless they hold a pair for these names that is valid for 30 days more. 0 or a negative errno. */
int self_signed_ensure(const char *cert_file, const char *key_file, const char *const *names,
                       size_t name_count);

#endif
