// SPDX-License-Identifier: Apache-2.0
// Waiting for conditions, with a deadline; nothing here waits for luck.
import { setTimeout as delay } from 'node:timers/promises';

// Sanitizers and shared machines are slower: every deadline grows with this factor.
export const slow = Number(process.env.WEIR_SLOW ?? 1);

// The first truthy result of `check`; an error thrown by it counts as "not yet", unless it says
// that waiting longer is of no use (`isFinal`).
export async function until(what, check, { timeout = 15_000, interval = 50 } = {}) {
  const deadline = Date.now() + timeout * slow;
  let last;
  for (;;) {
    try {
      const result = await check();
      if (result) return result;
      last = result;
    } catch (error) {
      if (error.isFinal) throw error;
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${timeout * slow} ms in vain: ${what} (last: ${last?.message ?? last})`);
    await delay(interval);
  }
}

// The media must run for this long: the only plain wait there is.
export const letItRun = (ms) => delay(ms);

export function withDeadline(what, promise, timeout) {
  const timer = new AbortController();
  const deadline = delay(timeout * slow, null, { signal: timer.signal }).then(
    () => { throw new Error(`waited ${timeout * slow} ms in vain: ${what}`); }, () => {});
  return Promise.race([promise, deadline]).finally(() => timer.abort());
}
