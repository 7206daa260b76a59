/* SPDX-License-Identifier: Apache-2.0 */
/* A short array kept in order of time. */
#include "package/tag_list.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

void tag_list_drop(struct tag_list *list, int count)
{
    for (int i = 0; i < count; i++)
        bytes_unref(list->items[i].id3);
    list->count -= count;
    if (count)
        memmove(list->items, list->items + count, (size_t)list->count * sizeof(list->items[0]));
}

static void insert(struct tag_list *list, int at, int64_t pts, struct bytes *id3)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 8;
        list->items = mem_realloc(list->items, (size_t)list->capacity * sizeof(list->items[0]));
    }
    memmove(list->items + at + 1, list->items + at,
            (size_t)(list->count - at) * sizeof(list->items[0]));
    list->items[at] = (struct timed_tag){ .pts = pts, .id3 = id3 };
    list->count++;
}

void tag_list_put(struct tag_list *list, int64_t pts, struct bytes *id3)
{
    int at;

    if (list->count == TAG_LIST_MAX)
        tag_list_drop(list, 1);
    for (at = list->count; at > 0 && list->items[at - 1].pts > pts;)
        at--;
    insert(list, at, pts, id3);
}

void tag_list_put_first(struct tag_list *list, int64_t pts, struct bytes *id3)
{
    int at = 0;

    if (list->count == TAG_LIST_MAX)
        tag_list_drop(list, 1);
    while (at < list->count && list->items[at].pts < pts)
        at++;
    insert(list, at, pts, id3);
}

int tag_list_due(struct tag_list *list, int64_t start, int64_t end)
{
    int count = 0;

    while (count < list->count && list->items[count].pts < end) {
        if (list->items[count].pts < start)
            list->items[count].pts = start;
        count++;
    }
    return count;
}

void tag_list_clear(struct tag_list *list)
{
    tag_list_drop(list, list->count);
    mem_free(list->items);
    *list = (struct tag_list){ 0 };
}
