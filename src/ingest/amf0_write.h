/* SPDX-License-Identifier: Apache-2.0 */
/* AMF0, writing: each call appends to `out`; a failure stays in `out->err`.
 * Thread: the owner's of `out`. */
#ifndef INGEST_AMF0_WRITE_H
#define INGEST_AMF0_WRITE_H

#include <stdbool.h>

#include "base/buf.h"

void amf0_write_number(struct buf *out, double number);
void amf0_write_boolean(struct buf *out, bool boolean);
/* At most 65535 bytes; longer ones are cut. */
void amf0_write_string(struct buf *out, const char *text);
void amf0_write_null(struct buf *out);
/* Behind it: amf0_write_name() and a value for each member, then the end. */
void amf0_write_object(struct buf *out);
void amf0_write_name(struct buf *out, const char *name);
void amf0_write_object_end(struct buf *out);
/* Members as of an object, also its end. */
void amf0_write_ecma_array(struct buf *out, uint32_t count);
/* Behind it: `count` values. */
void amf0_write_strict_array(struct buf *out, uint32_t count);

#endif
