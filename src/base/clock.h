/* SPDX-License-Identifier: Apache-2.0 */
/* Time, injectable: tests set it and move it by hand.
 * Thread: any; clock_set_fake() before other threads start. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Monotonic, of no meaning but its differences. */
int64_t clock_mono_us(void);
int64_t clock_mono_ms(void);
/* Since 1970, UTC. */
int64_t clock_wall_us(void);
int64_t clock_wall_ms(void);

/* From now on both clocks stand still and move only by clock_advance_us(). */
void clock_set_fake(int64_t mono_us, int64_t wall_us);
void clock_advance_us(int64_t us);

#define CLOCK_TEXT_SIZE 32
/* `wall_ms` as 2026-03-04T17:05:09.123Z, or without the fraction. Returns `text`. */
char *clock_format_ms(char text[CLOCK_TEXT_SIZE], int64_t wall_ms);
char *clock_format_s(char text[CLOCK_TEXT_SIZE], int64_t wall_ms);

#endif
