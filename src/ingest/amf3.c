/* SPDX-License-Identifier: Apache-2.0 */
/* AMF3 (Adobe, "Action Message Format -- AMF 3"), reading, as far as encoders need it: strings and
 * classes may refer to earlier ones, references to whole objects become null. */
#include <errno.h>
#include <string.h>

#include "ingest/amf_internal.h"

/* 3.1 */
enum marker {
    UNDEFINED = 0x00,
    NIL = 0x01,
    FALSE = 0x02,
    TRUE = 0x03,
    INTEGER = 0x04,
    DOUBLE = 0x05,
    STRING = 0x06,
    XML_DOCUMENT = 0x07,
    DATE = 0x08,
    ARRAY = 0x09,
    OBJECT = 0x0a,
    XML = 0x0b,
    BYTE_ARRAY = 0x0c,
    VECTOR_INT = 0x0d,
    VECTOR_UINT = 0x0e,
    VECTOR_DOUBLE = 0x0f,
    VECTOR_OBJECT = 0x10,
    DICTIONARY = 0x11,
};

/* 1.3.1: seven bits a byte, eight in the fourth. */
static uint32_t read_u29(struct amf_parser *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 3; i++) {
        uint8_t byte = read_u8(&p->r);

        value = value << 7 | (byte & 0x7f);
        if (!(byte & 0x80))
            return value;
    }
    return value << 8 | read_u8(&p->r);
}

/* 1.3.2: a length with low bit 1, or the number of an earlier string. Empty ones are not counted.
 */
static struct amf3_string read_string(struct amf_parser *p)
{
    uint32_t head = read_u29(p);
    struct amf_value value = { .string = "" };
    struct amf3_string string;

    if (!(head & 1))
        return head >> 1 < p->string_count ? p->strings[head >> 1] : (struct amf3_string){ "", 0 };
    amf_read_text(p, &value, head >> 1);
    string = (struct amf3_string){ value.string, value.string_len };
    if (string.len && p->string_count < AMF3_REFERENCES_MAX)
        p->strings[p->string_count++] = string;
    return string;
}

/* The length of what follows (XML, bytes, elements of a vector); false: an earlier object is meant.
 */
static bool read_length(struct amf_parser *p, uint32_t *len)
{
    uint32_t head = read_u29(p);

    *len = head >> 1;
    return head & 1;
}

static void read_text(struct amf_parser *p, struct amf_value *out)
{
    uint32_t len;

    if (read_length(p, &len))
        amf_read_text(p, out, len);
}

static void read_number(struct amf_parser *p, struct amf_value *out)
{
    out->type = AMF_NUMBER;
    out->number = amf_read_double(p);
}

static void read_date(struct amf_parser *p, struct amf_value *out)
{
    uint32_t unused;

    if (read_length(p, &unused))
        read_number(p, out);
}

static void read_named(struct amf_parser *p, struct amf_member ***tail)
{
    while (amf_is_ok(p)) {
        struct amf3_string name = read_string(p);

        if (!name.len)
            return;
        amf3_read_value(p, amf_add(p, tail, name.text));
    }
}

/* 3.11: names first, then the dense part. An array with names only is an object to us. */
static void read_array(struct amf_parser *p, struct amf_value *out)
{
    struct amf_member **tail = &out->members;
    uint32_t len;

    if (!read_length(p, &len))
        return;
    read_named(p, &tail);
    out->type = out->members ? AMF_OBJECT : AMF_ARRAY;
    for (; len && amf_is_ok(p); len--)
        amf3_read_value(p, amf_add(p, &tail, ""));
}

/* 3.12, U29O-traits: `head` has lost the two bits that say that neither the object nor its class is
 * an earlier one. */
static struct amf3_traits read_traits(struct amf_parser *p, uint32_t head)
{
    struct amf3_traits traits = { .is_dynamic = head & 2, .name_count = head >> 2 };
    struct amf3_string class = read_string(p);

    if (head & 1) { /* externalizable: only the class knows how long it is */
        traits.is_array_collection = !strcmp(class.text, "flex.messaging.io.ArrayCollection") ||
                                     !strcmp(class.text, "flex.messaging.io.ObjectProxy");
        traits.name_count = 0;
        if (!traits.is_array_collection)
            amf_fail(p, -EINVAL);
        return traits;
    }
    if (traits.name_count > reader_left(&p->r))
        amf_fail(p, -EINVAL);
    if (!amf_is_ok(p))
        return (struct amf3_traits){ 0 };
    traits.names = arena_alloc(p->arena, traits.name_count * sizeof(*traits.names));
    for (size_t i = 0; i < traits.name_count; i++)
        traits.names[i] = read_string(p).text;
    return traits;
}

static struct amf3_traits find_traits(struct amf_parser *p, uint32_t head)
{
    struct amf3_traits traits = { 0 };

    if (head & 1) {
        traits = read_traits(p, head >> 1);
        if (p->class_count < AMF3_REFERENCES_MAX)
            p->classes[p->class_count++] = traits;
    } else if (head >> 1 < p->class_count) {
        traits = p->classes[head >> 1];
    } else {
        amf_fail(p, -EINVAL);
    }
    return traits;
}

static void read_object(struct amf_parser *p, struct amf_value *out)
{
    struct amf_member **tail = &out->members;
    struct amf3_traits traits;
    uint32_t head;

    if (!read_length(p, &head))
        return;
    traits = find_traits(p, head);
    if (traits.is_array_collection) {
        amf3_read_value(p, out); /* the array or object that it wraps */
        return;
    }
    out->type = AMF_OBJECT;
    for (size_t i = 0; i < traits.name_count && amf_is_ok(p); i++)
        amf3_read_value(p, amf_add(p, &tail, traits.names[i]));
    if (traits.is_dynamic)
        read_named(p, &tail);
}

/* 3.15: nothing that we want is in vectors. */
static void skip_vector(struct amf_parser *p, size_t element_size)
{
    uint32_t len;

    if (!read_length(p, &len))
        return;
    read_skip(&p->r, 1); /* fixed length or not */
    read_skip(&p->r, len * element_size);
}

static void read_object_vector(struct amf_parser *p, struct amf_value *out)
{
    struct amf_member **tail = &out->members;
    uint32_t len;

    if (!read_length(p, &len))
        return;
    read_skip(&p->r, 1);
    read_string(p); /* class of the elements */
    out->type = AMF_ARRAY;
    for (; len && amf_is_ok(p); len--)
        amf3_read_value(p, amf_add(p, &tail, ""));
}

static void skip_dictionary(struct amf_parser *p)
{
    uint32_t len;

    if (!read_length(p, &len))
        return;
    read_skip(&p->r, 1); /* weak keys or not */
    for (; len && amf_is_ok(p); len--) {
        struct amf_value key = { 0 }, value = { 0 };

        amf3_read_value(p, &key);
        amf3_read_value(p, &value);
    }
}

static void read_integer(struct amf_parser *p, struct amf_value *out)
{
    uint32_t value = read_u29(p);

    out->type = AMF_NUMBER;
    out->number = value & 0x10000000 ? (double)value - 0x20000000 : (double)value;
}

static void read_marked(struct amf_parser *p, int marker, struct amf_value *out)
{
    struct amf3_string string;

    switch (marker) {
    case UNDEFINED:
    case NIL:
        break;
    case FALSE:
    case TRUE:
        out->type = AMF_BOOLEAN;
        out->boolean = marker == TRUE;
        break;
    case INTEGER:
        read_integer(p, out);
        break;
    case DOUBLE:
        read_number(p, out);
        break;
    case STRING:
        string = read_string(p);
        *out = (struct amf_value){ AMF_STRING, .string = string.text, .string_len = string.len };
        break;
    case XML_DOCUMENT:
    case XML:
    case BYTE_ARRAY:
        read_text(p, out);
        break;
    case DATE:
        read_date(p, out);
        break;
    case ARRAY:
        read_array(p, out);
        break;
    case OBJECT:
        read_object(p, out);
        break;
    case VECTOR_INT:
    case VECTOR_UINT:
        skip_vector(p, 4);
        break;
    case VECTOR_DOUBLE:
        skip_vector(p, 8);
        break;
    case VECTOR_OBJECT:
        read_object_vector(p, out);
        break;
    case DICTIONARY:
        skip_dictionary(p);
        break;
    default:
        amf_fail(p, -EINVAL);
    }
}

void amf3_read_value(struct amf_parser *p, struct amf_value *out)
{
    if (!amf_enter(p))
        return;
    read_marked(p, read_u8(&p->r), out);
    amf_leave(p);
}
