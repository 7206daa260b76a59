/* SPDX-License-Identifier: Apache-2.0 */
/* May the caller do this? Asks the caller's policy for what the operation's table entry says it
 * touches. */
#ifndef API_PERMISSION_H
#define API_PERMISSION_H

struct call;

/* All targets of the operation; with tags to give, ivs:TagResource on them too.
 * AccessDeniedException names action and resource. */
int permission_check(struct call *call);
/* The operation on one more resource, there or not: for operations on many. */
int permission_check_arn(struct call *call, const char *arn);

#endif
