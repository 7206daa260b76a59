/* SPDX-License-Identifier: Apache-2.0 */
/* How often: a token bucket for each account and operation, which holds two seconds' worth.
 * Thread: any; one short lock. */
#ifndef API_RATE_H
#define API_RATE_H

#include <stdint.h>

struct rates;

/* Returns owned. */
struct rates *rates_create(void);
/* NULL is fine. */
void rates_destroy(struct rates *rates);

/* Takes a token from the bucket `name`, which fills with `per_second`. 0, or the milliseconds after
 * which to ask again. */
int rates_take(struct rates *rates, const char *name, double per_second, int64_t mono_us);

#endif
