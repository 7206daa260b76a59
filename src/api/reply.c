/* SPDX-License-Identifier: Apache-2.0 */
#include "api/reply.h"

#include "api/call.h"

#define DOCUMENT_MAX ((size_t)512 * 1024)

int reply_write_resource(struct call *call, const char *member, const struct resource *resource)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", resource->arn);
    write_string(w, "name", resource->name);
    write_members(w, resource->body);
    write_json(w, "tags", resource->tags);
    write_object_end(w);
    return 0;
}

int reply_write_summary(struct call *call, const char *member, const struct resource *resource)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", resource->arn);
    write_string(w, "name", resource->name);
    write_json(w, "tags", resource->tags);
    write_object_end(w);
    return 0;
}

int reply_get(struct call *call, const char *arn, const char *type, const char *member,
              reply_write *write)
{
    struct resource found;
    int err = call_find(call, arn, type, &found);

    return err ? err : write(call, member, &found);
}

int reply_list(struct call *call, const struct reply_list *list, const struct page_input *input,
               const struct resource_query *narrowed)
{
    struct resource_query query = narrowed ? *narrowed : call_query(call, list->type);
    struct resource_page found;
    struct page page;
    int err = page_begin_query(call, &page, input, list->standard, list->filters, &query);

    if (!err)
        err = store_list(call->store, call->arena, &query, &found);
    if (err)
        return err;
    write_array(&call->out, list->member);
    for (int i = 0; !err && i < found.count; i++)
        err = list->write(call, NULL, &found.items[i]);
    write_array_end(&call->out);
    page_end_query(call, &page, &found);
    return err;
}

void document_begin(struct document *d)
{
    buf_init(&d->text, DOCUMENT_MAX);
    json_writer_init(&d->out, &d->text);
    write_object(&d->out, NULL);
}

const char *document_end(struct document *d, struct call *call)
{
    const char *text;

    write_object_end(&d->out);
    text = arena_strdup(call->arena, buf_str(&d->text));
    buf_clear(&d->text);
    return text;
}
