/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page.h"

#include <stdlib.h>

#include "api/call.h"
#include "api/operation.h"
#include "api/page_token.h"

static const char *binding_of(struct call *call, const char *filters)
{
    return arena_printf(call->arena, "%s\n%s\n%s\n%s", call->account, call->region,
                        call->operation->name, filters);
}

int page_begin(struct call *call, struct page *page, const struct page_input *input, int standard,
               const char *filters)
{
    *page = (struct page){ .filters = filters, .limit = (int)int_or(input->max_results, standard) };
    if (!input->token || !*input->token)
        return 0;
    page->after = page_token_read(call->arena, call->api->page_key, binding_of(call, filters),
                                  input->token, call->now_ms);
    if (!page->after)
        return call_fail(call, API_VALIDATION, "Invalid nextToken");
    return 0;
}

void page_write_next(struct call *call, const struct page *page, const char *cursor)
{
    write_string(&call->out, "nextToken",
                 page_token_make(call->arena, call->api->page_key, binding_of(call, page->filters),
                                 cursor, call->now_ms));
}

int page_begin_query(struct call *call, struct page *page, const struct page_input *input,
                     int standard, const char *filters, struct resource_query *query)
{
    int err = page_begin(call, page, input, standard, filters);

    if (err)
        return err;
    query->limit = page->limit;
    query->after = page->after ? strtoll(page->after, NULL, 10) : 0;
    return 0;
}

void page_end_query(struct call *call, const struct page *page, const struct resource_page *found)
{
    if (found->has_more)
        page_write_next(
            call, page,
            arena_printf(call->arena, "%lld", (long long)found->items[found->count - 1].seq));
}
