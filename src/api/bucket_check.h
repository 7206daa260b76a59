/* SPDX-License-Identifier: Apache-2.0 */
/* Can a recording configuration's bucket be written to? A probe write decides, behind the call, on
 * threads of its own: a service that does not answer keeps no other call waiting.
 *
 *   CREATING --probe--> ACTIVE | CREATE_FAILED
 *
 * Thread: any. */
#ifndef API_BUCKET_CHECK_H
#define API_BUCKET_CHECK_H

struct api;
struct arena;
struct bucket_checks;
struct call;
struct resource;

#define BUCKET_CREATING "CREATING"
#define BUCKET_ACTIVE   "ACTIVE"
#define BUCKET_FAILED   "CREATE_FAILED"

/* Begins with all configurations that are CREATING: the server ended before their probes did.
 * Returns owned; borrows `api`. */
struct bucket_checks *bucket_checks_create(struct api *api);
/* Waits for the probes under way; object_store_cancel() shortens that, and what it cuts short stays
 * CREATING. NULL is fine. */
void bucket_checks_destroy(struct bucket_checks *checks);

/* Probes, then moves the configuration from CREATING to what was found. Nothing if that is under
 * way already. */
void bucket_check_later(struct bucket_checks *checks, const char *arn, const char *bucket);
/* The same for one that is still CREATING though it should not be: another node ended before its
 * probe did. */
void bucket_check_overdue(struct call *call, const struct resource *configuration);
/* The bucket that a recording configuration names; "" if none. In the arena. */
const char *bucket_of(struct arena *arena, const struct resource *configuration);

#endif
