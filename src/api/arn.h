/* SPDX-License-Identifier: Apache-2.0 */
/* Resource names: arn:aws:ivs:<region>:<account>:<type>/<id>.
 * Thread: any. */
#ifndef API_ARN_H
#define API_ARN_H

#include <stdbool.h>

struct arena;

#define ARN_MAX 128

struct arn {
    char region[64];
    char account[32];
    char type[64];
    char id[ARN_MAX];
};

/* False if `text` is not of that form. */
bool arn_parse(struct arn *out, const char *text);
/* In the arena. */
const char *arn_format(struct arena *arena, const char *region, const char *account,
                       const char *type, const char *id);
/* The part behind the last slash: borrowed from `arn`. */
const char *arn_id(const char *arn);

#endif
