/* SPDX-License-Identifier: Apache-2.0 */
/* AMF0 (Adobe, "Action Message Format -- AMF 0"), reading; a switch with an arm per marker. */
#include <errno.h>

#include "ingest/amf_internal.h"

/* 2.1 */
enum marker {
    NUMBER = 0x00,
    BOOLEAN = 0x01,
    STRING = 0x02,
    OBJECT = 0x03,
    NIL = 0x05,
    UNDEFINED = 0x06,
    REFERENCE = 0x07,
    ECMA_ARRAY = 0x08,
    OBJECT_END = 0x09,
    STRICT_ARRAY = 0x0a,
    DATE = 0x0b,
    LONG_STRING = 0x0c,
    UNSUPPORTED = 0x0d,
    XML_DOCUMENT = 0x0f,
    TYPED_OBJECT = 0x10,
    AVMPLUS = 0x11,
};

static void read_value(struct amf_parser *p, struct amf_value *out);

/* Names and values up to an empty name with the end marker (2.5). Some encoders end the message
 * instead of an ECMA array: `may_stop` allows that. */
static void read_members(struct amf_parser *p, struct amf_value *out, bool may_stop)
{
    struct amf_member **tail = &out->members;

    out->type = AMF_OBJECT;
    while (amf_is_ok(p) && !(may_stop && !reader_left(&p->r))) {
        struct amf_value name = { .string = "" };

        amf_read_text(p, &name, read_u16(&p->r));
        if (!name.string_len && reader_left(&p->r) && p->r.data[p->r.pos] == OBJECT_END) {
            read_u8(&p->r);
            return;
        }
        read_value(p, amf_add(p, &tail, name.string));
    }
}

/* 2.12 */
static void read_strict_array(struct amf_parser *p, struct amf_value *out)
{
    struct amf_member **tail = &out->members;

    out->type = AMF_ARRAY;
    for (uint32_t left = read_u32(&p->r); left && amf_is_ok(p); left--)
        read_value(p, amf_add(p, &tail, ""));
}

static void read_number(struct amf_parser *p, struct amf_value *out)
{
    out->type = AMF_NUMBER;
    out->number = amf_read_double(p);
}

static void read_marked(struct amf_parser *p, int marker, struct amf_value *out)
{
    switch (marker) {
    case NUMBER:
        read_number(p, out);
        break;
    case BOOLEAN:
        out->type = AMF_BOOLEAN;
        out->boolean = read_u8(&p->r);
        break;
    case STRING:
        amf_read_text(p, out, read_u16(&p->r));
        break;
    case OBJECT:
        read_members(p, out, false);
        break;
    case NIL:
    case UNDEFINED:
    case UNSUPPORTED:
        break;
    case REFERENCE:
        read_skip(&p->r, 2);
        break;
    case ECMA_ARRAY:
        read_skip(&p->r, 4); /* 2.10: the count is only a hint */
        read_members(p, out, true);
        break;
    case STRICT_ARRAY:
        read_strict_array(p, out);
        break;
    case DATE:
        read_number(p, out);
        read_skip(&p->r, 2); /* time zone: reserved */
        break;
    case LONG_STRING:
    case XML_DOCUMENT:
        amf_read_text(p, out, read_u32(&p->r));
        break;
    case TYPED_OBJECT:
        read_skip(&p->r, read_u16(&p->r)); /* class name */
        read_members(p, out, false);
        break;
    case AVMPLUS:
        amf3_read_value(p, out);
        break;
    default:
        amf_fail(p, -EINVAL);
    }
}

static void read_value(struct amf_parser *p, struct amf_value *out)
{
    if (!amf_enter(p))
        return;
    read_marked(p, read_u8(&p->r), out);
    amf_leave(p);
}

int amf0_read(struct arena *arena, const uint8_t *data, size_t len, struct amf_value *values,
              size_t max, size_t *count)
{
    struct amf_parser p = { .arena = arena, .values_left = AMF_VALUES_MAX };

    reader_init(&p.r, data, len);
    for (size_t i = 0; i < max; i++)
        values[i] = (struct amf_value){ 0 };
    for (*count = 0; *count < max && reader_left(&p.r) && amf_is_ok(&p); ++*count)
        read_value(&p, &values[*count]);
    if (p.err)
        return p.err;
    return reader_err(&p.r) ? -EINVAL : 0;
}
