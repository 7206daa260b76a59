/* SPDX-License-Identifier: Apache-2.0 */
/* What the server's own certificate is made out to: `localhost`, the names under which customers
 * are told to come, and the bound addresses. Thread: any; asks the system for its interfaces. */
#ifndef CERTIFICATE_NAMES_H
#define CERTIFICATE_NAMES_H

#include <stddef.h>

#define CERTIFICATE_NAMES_MAX 64

struct config;

struct certificate_names {
    const char *items[CERTIFICATE_NAMES_MAX]; /* owned; each once */
    size_t count;
};

void certificate_names_init(struct certificate_names *names, const struct config *config);
void certificate_names_clear(struct certificate_names *names);

#endif
