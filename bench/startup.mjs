// SPDX-License-Identifier: Apache-2.0
import http from 'node:http';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { Child } from '../tests/e2e/support/child.mjs';
import { binary, makeDataDir } from '../tests/e2e/support/server.mjs';
import { finish, median, residentMegabytes, row } from './support/figures.mjs';

const RUNS = 5;
const PORT = 18431;

function isHealthy() {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port: PORT, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

// { ms until ready, MB at rest }
async function startOnce(data) {
  const start = performance.now();
  const server = new Child(binary, ['serve', '--data', data, '--http', `127.0.0.1:${PORT}`, '--https', '127.0.0.1:0', '--rtmp', '127.0.0.1:0', '--rtmps', '127.0.0.1:0']);
  while (!(await isHealthy())) await delay(1);
  const ms = performance.now() - start;
  await delay(500);
  const megabytes = residentMegabytes(server.pid);
  await server.stop();
  return { ms, megabytes };
}

const first = [];
const later = [];
for (let i = 0; i < RUNS; i += 1) {
  const data = makeDataDir();
  first.push(await startOnce(data));
  later.push(await startOnce(data));
  rmSync(data, { recursive: true });
}
for (const [name, runs] of [['first start', first], ['later start', later]]) {
  const ms = median(runs.map((run) => run.ms));
  row(`ready after its ${name} (median of ${RUNS})`, `${ms.toFixed(0)} ms`, '100 ms', ms <= 100);
}
const megabytes = median([...first, ...later].map((run) => run.megabytes));
row('resident memory when idle', `${megabytes.toFixed(1)} MB`, '30 MB', megabytes < 30);
finish();
