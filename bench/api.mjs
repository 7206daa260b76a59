// SPDX-License-Identifier: Apache-2.0
import path from 'node:path';

import { createChannelOn } from '../tests/e2e/support/channel.mjs';
import { runCommand } from '../tests/e2e/support/child.mjs';
import { Server, region } from '../tests/e2e/support/server.mjs';
import { cpuSeconds, finish, median, row } from './support/figures.mjs';

const RUNS = 5;
const SECONDS = 5;
const CLIENTS = 64;
const load = path.join(process.env.WEIR_BUILD, 'bench', 'api_load');

const server = await new Server({ options: ['--log-level', 'info', '--quota', 'channels=10000000'] }).start();
const { accessKeyId, secretAccessKey } = server.credentials;
const { hostname, port } = new URL(server.http);

// One run of the load: answers per second, and per CPU-second of the server.
async function measure(operation, body) {
  const before = cpuSeconds(server.child.pid);
  const { code, stdout, stderr } = await runCommand(load, [
    hostname, port, accessKeyId, secretAccessKey, region, String(CLIENTS), String(SECONDS), operation, JSON.stringify(body),
  ], { timeout: 60_000 });
  if (code) throw new Error(`api_load: ${stderr}`);
  const result = JSON.parse(stdout);
  const cpu = cpuSeconds(server.child.pid) - before;
  return { ...result, perSecond: result.answers / result.seconds, perCpuSecond: result.answers / cpu };
}

async function series(operation, body) {
  const runs = [];
  for (let i = 0; i < RUNS; i += 1) runs.push(await measure(operation, body));
  const of = (name) => median(runs.map((run) => run[name]));
  return { perSecond: of('perSecond'), perCpuSecond: of('perCpuSecond'), p50: of('p50_us') / 1000, p99: of('p99_us') / 1000 };
}

const count = (value) => Math.round(value).toLocaleString('en-US');

try {
  const { arn } = await createChannelOn(server);
  const read = await series('GetChannel', { arn });
  row('signed GetChannel per CPU-second', count(read.perCpuSecond), '15,000', read.perCpuSecond >= 15_000);
  row(`signed GetChannel, ${CLIENTS} clients`, `${count(read.perSecond)}/s, p50 ${read.p50.toFixed(1)} ms, p99 ${read.p99.toFixed(1)} ms`);
  const create = await series('CreateChannel', { name: 'b-%d' });
  row(`durable CreateChannel, ${CLIENTS} clients`, `${count(create.perSecond)}/s, p50 ${create.p50.toFixed(1)} ms, p99 ${create.p99.toFixed(1)} ms`, '6,000/s', create.perSecond >= 6000);
  row('durable CreateChannel per CPU-second', count(create.perCpuSecond));
} finally {
  await server.stop();
}
finish();
