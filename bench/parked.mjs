// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { cpuSeconds, finish, residentMegabytes, row } from './support/figures.mjs';

const CLIENTS = 10_000;
const ROUNDS = 60;
const PARTS = 6; // of a segment, as parked_server makes them
const LOOPS = 2;
const folder = path.join(process.env.WEIR_BUILD, 'bench');

function start(name, ...args) {
  const child = spawn(path.join(folder, name), args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value ?? Promise.reject(new Error(`${name} ended`)) };
}

const server = start('parked_server', LOOPS);
try {
  const { pid } = server.child;
  const [port, playlist] = (await server.nextLine()).split(' ');
  const emptyMegabytes = residentMegabytes(pid);
  const load = start('parked_load', port, playlist, CLIENTS, ROUNDS, PARTS);
  await load.nextLine(); // all are parked
  const grown = ((residentMegabytes(pid) - emptyMegabytes) * 1024) / CLIENTS;
  const before = cpuSeconds(pid);
  const result = JSON.parse(await load.nextLine());
  const serverMicroseconds = ((cpuSeconds(pid) - before) * 1e6) / result.samples;

  const ms = (value) => `${value.toFixed(1)} ms`;
  row(`part to last byte, ${CLIENTS} parked players, ${LOOPS} loops (p99)`, ms(result.p99_ms), '100 ms', result.p99_ms < 100);
  row('the same, p50 and worst', `${ms(result.p50_ms)}, ${ms(result.max_ms)}`);
  row('memory per parked player, in clear', `${grown.toFixed(2)} kB`, '10 kB', grown < 10);
  row('server CPU per answer and next request', `${serverMicroseconds.toFixed(1)} us`);
  row('client CPU per answer and next request', `${result.client_us_per_answer.toFixed(1)} us`);
} finally {
  server.child.kill();
  await once(server.child, 'close');
}
finish();
