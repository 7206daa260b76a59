/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of MPEG-2 sections (ISO/IEC 13818-1, annex A).
 * Thread: any; pure. */
#ifndef BASE_CRC32_MPEG_H
#define BASE_CRC32_MPEG_H

#include <stddef.h>
#include <stdint.h>

/* 0 over a section that ends with its own checksum. */
uint32_t crc32_mpeg(const uint8_t *data, size_t len);

#endif
