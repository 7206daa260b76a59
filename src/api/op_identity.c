/* SPDX-License-Identifier: Apache-2.0 */
/* GetCallerIdentity of the service sts, which Terraform asks first: a form in, XML out. */
#include <string.h>

#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "net/http_server.h"
#include "net/uri.h"
#include "store/access_key_cache.h"

static const char *form_value(struct call *call, const char *name)
{
    const struct http_request *request = call->request;
    const char *form = arena_strndup(call->arena, (const char *)request->body, request->body_len);
    const char *value = form ? uri_find_parameter(call->arena, form, name) : NULL;

    return value ? value : uri_find_parameter(call->arena, request->query, name);
}

static int get_caller_identity(struct call *call, const void *input)
{
    const char *action = form_value(call, "Action");
    const char *id = call->caller->key.id;

    if (!action || strcmp(action, "GetCallerIdentity"))
        return call_fail(call, API_UNKNOWN_OPERATION, "The only action is GetCallerIdentity");
    buf_printf(&call->body,
               "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
               "<GetCallerIdentityResult><Arn>arn:aws:iam::%s:user/%s</Arn><UserId>%s</UserId>"
               "<Account>%s</Account></GetCallerIdentityResult>"
               "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>"
               "</GetCallerIdentityResponse>",
               call->account, id, id, call->account, call->id);
    return 0;
}

const struct operation op_get_caller_identity = {
    .name = "GetCallerIdentity",
    .method = "POST",
    .path = "/",
    .services = SERVICE_STS,
    .run = get_caller_identity,
};
