/* SPDX-License-Identifier: Apache-2.0 */
/* Answers browsers that open a page: /watch/<channel id>, and what the pages load from /web/.
 * Thread: any loop; the config is only read. */
#ifndef WEB_WEB_PAGES_H
#define WEB_WEB_PAGES_H

#include <stdbool.h>

struct http_exchange;
struct http_request;

/* Where a channel of this server plays: /api/video/v1/<region>.<account>.channel.<id>.m3u8 */
struct web_pages_config {
    const char *region;
    const char *account;
};

/* False: the path is none of ours and nothing was done. Otherwise the exchange is answered. */
bool web_pages_handle(const struct web_pages_config *config, struct http_exchange *exchange,
                      const struct http_request *request);

#endif
