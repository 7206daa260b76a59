/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/amf.h"

#include <errno.h>
#include <string.h>

#include "ingest/amf_internal.h"

bool amf_is_ok(const struct amf_parser *p)
{
    return !p->err && !reader_err(&p->r);
}

void amf_fail(struct amf_parser *p, int err)
{
    if (!p->err)
        p->err = err;
}

bool amf_enter(struct amf_parser *p)
{
    if (p->depth == AMF_DEPTH_MAX || !p->values_left)
        amf_fail(p, -EMSGSIZE);
    if (!amf_is_ok(p))
        return false;
    p->depth++;
    p->values_left--;
    return true;
}

void amf_leave(struct amf_parser *p)
{
    p->depth--;
}

void amf_read_text(struct amf_parser *p, struct amf_value *out, size_t len)
{
    const uint8_t *text = read_bytes(&p->r, len);
    char *copy;

    if (!text)
        return;
    copy = arena_alloc(p->arena, len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    *out = (struct amf_value){ .type = AMF_STRING, .string = copy, .string_len = len };
}

double amf_read_double(struct amf_parser *p)
{
    uint64_t bits = read_u64(&p->r);
    double number;

    memcpy(&number, &bits, sizeof(number));
    return number;
}

struct amf_value *amf_add(struct amf_parser *p, struct amf_member ***tail, const char *name)
{
    struct amf_member *member = arena_zalloc(p->arena, sizeof(*member));

    member->name = name;
    **tail = member;
    *tail = &member->next;
    return &member->value;
}

const struct amf_value *amf_get(const struct amf_value *object, const char *name)
{
    if (!object || object->type != AMF_OBJECT)
        return NULL;
    for (const struct amf_member *m = object->members; m; m = m->next)
        if (!strcmp(m->name, name))
            return &m->value;
    return NULL;
}

const char *amf_string(const struct amf_value *value)
{
    bool is_text = value && value->type == AMF_STRING && strlen(value->string) == value->string_len;

    return is_text ? value->string : "";
}

double amf_number(const struct amf_value *value, double otherwise)
{
    return value && value->type == AMF_NUMBER ? value->number : otherwise;
}
