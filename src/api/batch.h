/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on many resources at once: what fails for one is told in `errors` and fails no
 * other. */
#ifndef API_BATCH_H
#define API_BATCH_H

#include "api/input.h"
#include "api/reply.h"

struct call;

struct batch {
    const char *member; /* of the reply, the list of what was found */
    const char *type;   /* of the resources */
    reply_write *write;
};

int batch_get(struct call *call, const struct input_list *arns, const struct batch *batch);

#endif
