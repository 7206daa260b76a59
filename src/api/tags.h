/* SPDX-License-Identifier: Apache-2.0 */
/* Tags: from a call's map to the JSON object that the store keeps.
 * Thread: any. */
#ifndef API_TAGS_H
#define API_TAGS_H

#include "api/input.h"

struct call;

#define TAGS_MAX 50

/* "{}" if there are none. ValidationException for keys that are AWS's own. */
int tags_read(struct call *call, const struct input_map *given, const char **out);
/* Resources of some type, this account and region have tags: else fails as call_find() does. */
int tags_check_resource(struct call *call, const char *arn, bool *has_any_letter);
/* Tags of ivs resources are of a set of letters. ValidationException. */
int tags_check_letters(struct call *call, const struct input_map *given);
/* `tags` with those given set. ValidationException as above, or if there would be too many. */
int tags_merge(struct call *call, const char *tags, const struct input_map *given,
               const char **out);
/* `tags` without those of the keys given. */
int tags_remove(struct call *call, const char *tags, const struct input_list *keys,
                const char **out);

#endif
