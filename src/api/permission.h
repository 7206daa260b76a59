/* SPDX-License-Identifier: Apache-2.0 */
/* May the caller do this? Asks the caller's policy for what the operation's table entry says it
 * touches. */
#ifndef API_PERMISSION_H
#define API_PERMISSION_H

struct call;
struct resource;

/* All targets of the operation; with tags to give, ivs:TagResource on them too.
 * AccessDeniedException names action and resource. */
int permission_check(struct call *call);
/* The operation on one more resource, which was read already: for operations on many. */
int permission_check_resource(struct call *call, const struct resource *resource);
/* The operation on a resource that is only named. */
int permission_check_arn(struct call *call, const char *arn);

#endif
