/* SPDX-License-Identifier: Apache-2.0 */
/* Replies that show resources as they stand in the store, and the documents they are made of: a
 * document's members are named as the API names them, so that a reply is the resource's ARN, name
 * and tags around them. */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/page.h"
#include "base/buf.h"
#include "base/json_writer.h"
#include "store/store.h"

struct call;

/* Writes one resource; `member` is NULL inside a list. */
typedef int reply_write(struct call *call, const char *member, const struct resource *resource);
/* arn, name, tags and all members of the document. */
reply_write reply_write_resource;
/* arn, name and tags. */
reply_write reply_write_summary;

/* Answers with the resource that the caller names, as `member`. */
int reply_get(struct call *call, const char *arn, const char *type, const char *member,
              reply_write *write);

/* A page of the caller's resources. */
struct reply_list {
    const char *member; /* of the reply */
    const char *type;
    int standard;        /* size of a page where the caller gave none */
    const char *filters; /* what `query` is narrowed by; "" */
    reply_write *write;
};
/* `query` may narrow the list (NULL: it does not). */
int reply_list(struct call *call, const struct reply_list *list, const struct page_input *page,
               const struct resource_query *query);

/* A document being written; see document_end(). */
struct document {
    struct buf text;
    struct json_writer out;
};
void document_begin(struct document *d);
/* The text, in the call's arena. */
const char *document_end(struct document *d, struct call *call);

#endif
