/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the pages (web/), built into the binary, as they are and compressed. The table is
 * written by scripts/embed-web.mjs. Thread: any. */
#ifndef WEB_WEB_FILES_H
#define WEB_WEB_FILES_H

#include <stddef.h>
#include <stdint.h>

struct web_file {
    const char *name; /* such as "watch.js" */
    const char *content_type;
    const char *etag; /* quoted */
    const uint8_t *plain;
    size_t plain_len;
    const uint8_t *gzip;
    size_t gzip_len;
};

/* NULL if there is none. */
const struct web_file *web_file_find(const char *name);

#endif
