/* SPDX-License-Identifier: Apache-2.0 */
/* When a blocking playlist reload is answered (draft-pantos-hls-rfc8216bis 6.2.5.2): a pure
 * function of the window. Thread: any. */
#ifndef DELIVER_RELOAD_RULE_H
#define DELIVER_RELOAD_RULE_H

#include <stdint.h>

struct segment_window;

enum reload { RELOAD_READY, RELOAD_WAIT, RELOAD_TOO_FAR };

#define RELOAD_ANY_MSN -1 /* no `_HLS_msn`: any playlist with a whole segment will do */
#define RELOAD_WHOLE   -1 /* no `_HLS_part`: the whole segment is wanted */

/* `part_target` in 90 kHz. */
enum reload reload_rule(const struct segment_window *window, int64_t msn, int part,
                        int64_t part_target);

#endif
