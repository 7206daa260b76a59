/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of lists: from a call's nextToken and maxResults to the store's query and back. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/shape.h"

struct call;
struct resource_page;
struct resource_query;

/* `filters` is what the list is narrowed by, "" if nothing: a token is good for the same only. */
struct page {
    const char *filters;
    int limit;
    const char *after; /* cursor; NULL: from the start */
};

/* ValidationException if the token is not good here. `standard` is the size of a page where the
 * caller gave none. */
int page_begin(struct call *call, struct page *page, const struct page_input *input, int standard,
               const char *filters);
/* Writes nextToken: go on behind `cursor`. */
void page_write_next(struct call *call, const struct page *page, const char *cursor);

/* The same for lists of the store: sets the query's `after` and `limit`. */
int page_begin_query(struct call *call, struct page *page, const struct page_input *input,
                     int standard, const char *filters, struct resource_query *query);
void page_end_query(struct call *call, const struct page *page, const struct resource_page *found);

#endif
