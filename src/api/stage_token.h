/* SPDX-License-Identifier: Apache-2.0 */
/* Participant tokens as calls ask for them: their limits, and how replies show them. */
#ifndef API_STAGE_TOKEN_H
#define API_STAGE_TOKEN_H

#include "api/input.h"

struct call;

/* What both CreateParticipantToken and CreateStage take for one token. */
struct token_input {
    const int64_t *duration_min;
    const char *user_id;
    const struct input_map *attributes;
    const struct input_list *capabilities;
};

/* Its fields, at `base` in the input. */
extern const struct field stage_token_capability;
#define TOKEN_FIELDS(base)                                                                         \
    { "duration", FIELD_INT, (base) + offsetof(struct token_input, duration_min), .min = 1,        \
      .max = 20160 },                                                                              \
        { "userId", FIELD_STRING, (base) + offsetof(struct token_input, user_id), .max = 128 },    \
        { "attributes", FIELD_MAP, (base) + offsetof(struct token_input, attributes),              \
          SHAPE_ATTRIBUTES },                                                                      \
    {                                                                                              \
        "capabilities", FIELD_LIST, (base) + offsetof(struct token_input, capabilities),           \
            .max = 2, .item = &stage_token_capability                                              \
    }

/* Attributes are at most 1 KB, counted as UTF-8 bytes of all keys and values. ValidationException,
 * naming `member`. */
int stage_check_attributes(struct call *call, const char *member,
                           const struct input_map *attributes);
/* As a JSON object, in the call's arena; "{}" for NULL. */
const char *stage_attributes_text(struct call *call, const struct input_map *attributes);
/* Makes a token for the stage and writes it; `member` is NULL inside a list. */
int stage_write_token(struct call *call, const char *member, const char *stage_arn,
                      const struct token_input *in);

/* What clients of a stage connect to, the same for all stages. */
const char *stage_events_url(struct call *call);
const char *stage_whip_url(struct call *call);

#endif
