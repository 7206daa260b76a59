/* SPDX-License-Identifier: Apache-2.0 */
#include "child/crash_log.h"

#define WINDOW_MS   60000
#define BACK_OFF_MS 500 /* doubled with each crash after the second; the first one costs none */

int64_t crash_log_add(struct crash_log *log, int64_t now_ms)
{
    int recent = 0;

    log->at_ms[log->count++ % CRASHES_MAX] = now_ms;
    for (int i = 0; i < CRASHES_MAX && i < log->count; i++)
        recent += now_ms - log->at_ms[i] < WINDOW_MS;
    if (recent >= CRASHES_MAX)
        return -1;
    return recent < 2 ? 0 : BACK_OFF_MS << (recent - 2);
}
