/* SPDX-License-Identifier: Apache-2.0 */
/* Can a recording configuration's bucket be written to? A probe write decides, behind the call. */
#ifndef API_BUCKET_CHECK_H
#define API_BUCKET_CHECK_H

struct api;
struct arena;
struct call;
struct resource;

#define BUCKET_CREATING "CREATING"
#define BUCKET_ACTIVE   "ACTIVE"
#define BUCKET_FAILED   "CREATE_FAILED"

/* Probes on another worker, then moves the configuration from CREATING to ACTIVE or
 * CREATE_FAILED. */
void bucket_check_later(struct api *api, const char *arn, const char *bucket);
/* The same for one that is still CREATING though it should not be: its server ended before the
 * probe did. */
void bucket_check_overdue(struct call *call, const struct resource *configuration);
/* The bucket that a configuration names; "" if none. In the arena. */
const char *bucket_of(struct arena *arena, const struct resource *configuration);

#endif
