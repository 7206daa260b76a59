/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/bucket_policy.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_depth.h"
#include "base/mem.h"

#define DEPTH_MAX 16 /* IAM's grammar needs six */
#define VERSION   "2012-10-17"

/* --- the statement --- */

static json_t *sid_of(const struct policy_grant *grant)
{
    return json_sprintf("CompositeWrite-%s", grant->id);
}

static json_t *make_statement(const struct policy_grant *grant)
{
    return json_pack("{s:o, s:s, s:{s:o}, s:[s,s], s:o, s:{s:{s:s}, s:{s:s}}}", "Sid",
                     sid_of(grant), "Effect", "Allow", "Principal", "Service",
                     json_sprintf("ivs-composite.%s.amazonaws.com", grant->region), "Action",
                     "s3:PutObject", "s3:PutObjectAcl", "Resource",
                     json_sprintf("arn:aws:s3:::%s/*", grant->bucket), "Condition", "StringEquals",
                     "s3:x-amz-acl", "bucket-owner-full-control", "Bool", "aws:SecureTransport",
                     "true");
}

/* --- the document --- */

/* The grammar lets one statement stand without a list around it. */
static void wrap_single_statement(json_t *document)
{
    json_t *statement = json_object_get(document, "Statement");

    if (json_is_object(statement))
        json_object_set_new(document, "Statement", json_pack("[O]", statement));
}

static json_t *parse(const char *policy)
{
    size_t len = strlen(policy);
    json_t *document;

    if (!len)
        return json_pack("{s:s, s:[]}", "Version", VERSION, "Statement");
    if (json_is_deeper(policy, len, DEPTH_MAX))
        return NULL;
    document = json_loadb(policy, len, JSON_REJECT_DUPLICATES, NULL);
    wrap_single_statement(document);
    if (json_is_array(json_object_get(document, "Statement")))
        return document;
    json_decref(document);
    return NULL;
}

/* Where the grant's statement stands; -1 if it does not. */
static int find_statement(const json_t *statements, const struct policy_grant *grant)
{
    json_t *sid = sid_of(grant), *statement;
    int found = -1;
    size_t i;

    json_array_foreach(statements, i, statement)
    {
        if (json_equal(json_object_get(statement, "Sid"), sid))
            found = (int)i;
    }
    json_decref(sid);
    return found;
}

static int append_chunk(const char *text, size_t len, void *out)
{
    return buf_append(out, text, len);
}

static int write_document(struct buf *out, const json_t *document)
{
    if (json_dump_callback(document, append_chunk, out, JSON_COMPACT))
        return out->err ? out->err : -EBADMSG;
    return 0;
}

/* --- the edits --- */

int bucket_policy_add(struct buf *out, const char *policy, const struct policy_grant *grant)
{
    json_t *document = parse(policy);
    json_t *statements = json_object_get(document, "Statement");
    json_t *statement = make_statement(grant);
    int at = find_statement(statements, grant), err = -EBADMSG;

    if (!document || !statement)
        goto out;
    err = -EALREADY;
    if (at >= 0 && json_equal(json_array_get(statements, (size_t)at), statement))
        goto out;
    if (at >= 0)
        json_array_set(statements, (size_t)at, statement);
    else
        json_array_append(statements, statement);
    err = write_document(out, document);
out:
    json_decref(statement);
    json_decref(document);
    return err;
}

int bucket_policy_remove(struct buf *out, const char *policy, const struct policy_grant *grant)
{
    json_t *document = parse(policy);
    json_t *statements = json_object_get(document, "Statement");
    int at = find_statement(statements, grant), err = -EBADMSG;

    if (!document)
        goto out;
    err = -EALREADY;
    if (at < 0)
        goto out;
    json_array_remove(statements, (size_t)at);
    err = json_array_size(statements) ? write_document(out, document) : 0;
out:
    json_decref(document);
    return err;
}
