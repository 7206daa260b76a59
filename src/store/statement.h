/* SPDX-License-Identifier: Apache-2.0 */
/* All SQL of the store, by number: the same text for every driver. Parameters are $1, $2, ...; a
 * trailing RETURNING seq is for databases that do not tell the key of a new row otherwise.
 * Thread: any. */
#ifndef STORE_STATEMENT_H
#define STORE_STATEMENT_H

struct buf;

/* Which conditions a list or a count has beside its scope. */
enum list_filter {
    FILTER_PARENT = 1,
    FILTER_NAME = 2,
    FILTER_STATE = 4,
    FILTER_REF = 8,
    FILTER_SECOND_REF = 16, /* only together with FILTER_REF */
    FILTER_END = 32,
};

enum statement {
    ST_PING,
    ST_META_GET,
    ST_META_SET,
    ST_META_ADD,

    ST_GET,
    ST_SEQ,
    ST_FIND_SECRET,
    ST_FIND_KEY,
    ST_ADD,
    ST_UPDATE,
    ST_DELETE,
    ST_DELETE_CHILDREN,

    ST_REF_ADD,
    ST_REF_DELETE_FROM,
    ST_REF_COUNT_TO,

    ST_TALLY_GET,
    ST_TALLY_RAISE,
    ST_TALLY_LOWER,
    ST_TALLY_LIST,

    ST_KEY_ADD,
    ST_KEY_GET,
    ST_KEY_LIST,
    ST_KEY_ENABLE,
    ST_KEY_USED,
    ST_KEY_DELETE,
    ST_KEY_DELETE_EXPIRED,

    /* ... + a set of enum list_filter. $1 scope, $2 after which seq, (lists: $3 limit,) then a
     * parameter for each filter in the order above. */
    ST_LIST,
    ST_COUNT = ST_LIST + FILTER_END,
    ST_END = ST_COUNT + FILTER_END,
};

/* Writes the text of a statement. */
void statement_text(int statement, struct buf *out);

/* The columns of ST_GET, ST_FIND_*, ST_LIST in their order. */
enum resource_column {
    COL_SEQ,
    COL_ARN,
    COL_NAME,
    COL_PARENT,
    COL_STATE,
    COL_KEY,
    COL_CREATED_MS,
    COL_VERSION,
    COL_BODY,
    COL_TAGS,
    COL_SECRET,
};

#endif
