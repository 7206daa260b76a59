// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import path from 'node:path';

import { createChannelOn } from '../tests/e2e/support/channel.mjs';
import { runCommand } from '../tests/e2e/support/child.mjs';
import { Postgres } from '../tests/e2e/support/postgres.mjs';
import { Server, makeDataDir, region } from '../tests/e2e/support/server.mjs';
import { cpuSecondsExact, cpuSecondsWithChildren, finish, median, residentMegabytes, row } from './support/figures.mjs';
import { ListChannelsCommand } from './support/sdk.mjs';

const RUNS = 3;
const SECONDS = 4;
const CLIENTS = 64;
const LISTED = 20_000;
const PAGE = 100;
const program = (name) => path.join(process.env.WEIR_BUILD, 'bench', name);
const count = (value) => Math.round(value).toLocaleString('en-US');

// One run of the load: answers per second, and per CPU-second of the server and its database.
async function measure({ server, cpuSeconds }, operation, body) {
  const { hostname, port } = new URL(server.http);
  const { accessKeyId, secretAccessKey } = server.credentials;
  const before = cpuSeconds();
  const { code, stdout, stderr } = await runCommand(program('api_load'), [
    hostname, port, accessKeyId, secretAccessKey, region, String(CLIENTS), String(SECONDS), operation, JSON.stringify(body),
  ], { timeout: 60_000 });
  if (code) throw new Error(`api_load: ${stderr}`);
  const result = JSON.parse(stdout);
  return { ...result, perSecond: result.answers / result.seconds, perCpuSecond: result.answers / (cpuSeconds() - before) };
}

async function series(subject, operation, body) {
  const runs = [];
  for (let i = 0; i < RUNS; i += 1) runs.push(await measure(subject, operation, body));
  const of = (name) => median(runs.map((run) => run[name]));
  return {
    perSecond: of('perSecond'), perCpuSecond: of('perCpuSecond'), p50: of('p50_us') / 1000, p99: of('p99_us') / 1000,
    total: runs.reduce((sum, run) => sum + run.answers, 0),
  };
}

const latencies = ({ perSecond, p50, p99 }) => `${count(perSecond)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;

// CPU time of a page, of all pages over the oldest 20,000 channels.
async function listPages({ server, cpuSeconds }) {
  const ivs = server.ivs();
  const before = cpuSeconds();
  let nextToken;
  for (let seen = 0; seen < LISTED; seen += PAGE) {
    const page = await ivs.send(new ListChannelsCommand({ maxResults: PAGE, nextToken }));
    if (page.channels.length !== PAGE) throw new Error('too few channels');
    nextToken = page.nextToken;
  }
  return ((cpuSeconds() - before) * 1000 * PAGE) / LISTED;
}

async function measureStore(name, subject, targets) {
  const { server } = subject;
  const { arn } = await createChannelOn(server);
  await measure(subject, 'GetChannel', { arn });
  const read = await series(subject, 'GetChannel', { arn });
  row(`${name}: signed GetChannel per CPU-second`, count(read.perCpuSecond), targets.read && count(targets.read), !targets.read || read.perCpuSecond >= targets.read);
  row(`${name}: signed GetChannel, ${CLIENTS} clients`, latencies(read));
  const before = residentMegabytes(server.child.pid);
  const create = await series(subject, 'CreateChannel', { name: 'b-%d' });
  row(`${name}: durable CreateChannel per CPU-second`, count(create.perCpuSecond));
  row(`${name}: durable CreateChannel, ${CLIENTS} clients`, latencies(create), targets.create && `${count(targets.create)}/s`, !targets.create || create.perSecond >= targets.create);
  while (create.total < LISTED) create.total += (await measure(subject, 'CreateChannel', { name: 'b-%d' })).answers;
  const grown = residentMegabytes(server.child.pid) - before;
  row(`${name}: server's memory per 100,000 channels`, `${((grown * 100_000) / create.total).toFixed(1)} MB`);
  const page = await listPages(subject);
  row(`${name}: a page of ListChannels, of ${count(LISTED)}`, `${page.toFixed(2)} ms of CPU`, '5 ms', page <= 5);
}

async function measureParts() {
  const folder = makeDataDir();
  const { code, stdout, stderr } = await runCommand(program('api_parts'), [folder], { timeout: 60_000 });
  rmSync(folder, { recursive: true });
  if (code) throw new Error(`api_parts: ${stderr}`);
  for (const line of stdout.trim().split('\n')) {
    const { operation, signature_us: signature, input_us: input } = JSON.parse(line);
    row(`signature and constraints of ${operation}`, `${(signature + input).toFixed(1)} us (${signature.toFixed(1)} and ${input.toFixed(1)})`, '40 us', signature + input < 40);
  }
}

async function withServer(options, run) {
  const server = await new Server({ options: ['--log-level', 'info', '--quota', 'channels=10000000', ...options] }).start();
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

await measureParts();
await withServer([], (server) => measureStore('SQLite', { server, cpuSeconds: () => cpuSecondsExact(server.child.pid) }, { read: 15_000, create: 6000 }));
const postgres = await new Postgres().create();
try {
  await withServer(['--store', postgres.url], (server) => measureStore('PostgreSQL', {
    server, cpuSeconds: () => cpuSecondsExact(server.child.pid) + cpuSecondsWithChildren(postgres.child.pid),
  }, {}));
} finally {
  await postgres.destroy();
}
finish();
