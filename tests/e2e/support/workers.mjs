// SPDX-License-Identifier: Apache-2.0
// The server's child processes, and what its metrics say.
import { readdirSync, readFileSync } from 'node:fs';

import { until } from './wait.mjs';

export function workerPids(server) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [, state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\) (\S) (\d+)/);
      return state !== 'Z' && Number(parent) === server.child.process.pid;
    } catch { return false; }
  });
}

// The sum of all samples of one family, or of those whose labels contain `label`.
export async function metric(server, name, label = '') {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return text.split('\n').filter((line) => line.match(/^\w+/)?.[0] === name && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

export const eventCount = (server, name) => metric(server, 'weir_events_total', `name="${name}"`);

// Kills every worker of the one broadcast as it starts; returns how many there were.
export async function killWorkersUntilGivenUp(server) {
  const killed = new Set();
  await until('the transcode to be given up', async () => {
    for (const pid of workerPids(server).filter((worker) => !killed.has(worker))) {
      process.kill(pid, 'SIGKILL');
      killed.add(pid);
    }
    return await eventCount(server, 'Stream Failure') === 1;
  }, { timeout: 20_000 });
  return killed.size;
}
