/* SPDX-License-Identifier: Apache-2.0 */
/* What a NAL unit carries, without the bytes that keep start codes from appearing in it
 * (ISO/IEC 14496-10, 7.3.1; 23008-2, 7.3.1.1).
 * Thread: any; pure function. */
#ifndef MEDIA_RBSP_H
#define MEDIA_RBSP_H

#include <stddef.h>
#include <stdint.h>

/* `data` is the NAL unit behind its header. Returns how many bytes `out` got: at most `max`. */
size_t rbsp_read(uint8_t *out, size_t max, const uint8_t *data, size_t len);

#endif
