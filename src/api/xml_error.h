/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as AWS's query protocol, which is XML, tells them. */
#ifndef API_XML_ERROR_H
#define API_XML_ERROR_H

struct call;

/* Writes call->error and its message to the empty call->body. */
void xml_write_error(struct call *call);

#endif
