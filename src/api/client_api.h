/* SPDX-License-Identifier: Apache-2.0 */
/* What encoders ask before they publish: GetClientConfiguration (which tracks to send, where to,
 * with which key) and FindIngest. No signature: the stream key is what proves the right to ask.
 * Thread: one that may block. */
#ifndef API_CLIENT_API_H
#define API_CLIENT_API_H

#include <stdbool.h>

struct api;
struct api_reply;
struct arena;
struct http_request;

/* Serves the request if its path is one of these; false otherwise. */
bool client_api_serve(struct api *api, struct arena *arena, const struct http_request *request,
                      struct api_reply *out);

#endif
