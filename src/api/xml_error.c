/* SPDX-License-Identifier: Apache-2.0 */
#include "api/xml_error.h"

#include <string.h>

#include "api/call.h"

/* The older names, which clients of sts know. */
static const char *code_of(enum api_error error)
{
    switch (error) {
    case API_MISSING_AUTHENTICATION:
        return "MissingAuthenticationToken";
    case API_INCOMPLETE_SIGNATURE:
        return "IncompleteSignature";
    case API_UNRECOGNIZED_CLIENT:
        return "InvalidClientTokenId";
    case API_EXPIRED_TOKEN:
        return "ExpiredToken";
    case API_INVALID_SIGNATURE:
        return "SignatureDoesNotMatch";
    case API_UNKNOWN_OPERATION:
        return "InvalidAction";
    default:
        return api_error_info(error)->name;
    }
}

static void append_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&", *text))
            buf_printf(out, "&#%d;", *text);
        else
            buf_append_u8(out, (uint8_t)*text);
    }
}

void xml_write_error(struct call *call)
{
    buf_printf(&call->body,
               "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
               "<Type>%s</Type><Code>%s</Code><Message>",
               api_error_info(call->error)->status < 500 ? "Sender" : "Receiver",
               code_of(call->error));
    append_text(&call->body, call->message);
    buf_printf(&call->body, "</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
               call->id);
}
