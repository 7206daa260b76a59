// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { cpuSeconds, finish, residentMegabytes, row } from './support/figures.mjs';

const CLIENTS = 10_000;
const ROUNDS = 60;
const PARTS = 6; // of a segment, as parked_server makes them
const LOOPS = 2;
const folder = path.join(process.env.WEIR_BUILD, 'bench');

function start(name, ...args) {
  const child = spawn(path.join(folder, name), args.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value ?? Promise.reject(new Error(`${name} ended`)) };
}

const grownKilobytes = (pid, before) => ((residentMegabytes(pid) - before) * 1024) / CLIENTS;
const ms = (value) => `${value.toFixed(1)} ms`;

async function withServer(use) {
  const dir = mkdtempSync(path.join(tmpdir(), 'weir-parked-'));
  const server = start('parked_server', LOOPS, dir);
  try {
    const [port, tlsPort, playlist] = (await server.nextLine()).split(' ');
    await use({ port, tlsPort, playlist, pid: server.child.pid, empty: residentMegabytes(server.child.pid) });
  } finally {
    server.child.kill();
    await once(server.child, 'close');
    rmSync(dir, { recursive: true });
  }
}

await withServer(async ({ port, playlist, pid, empty }) => {
  const load = start('parked_load', port, playlist, CLIENTS, ROUNDS, PARTS);
  await load.nextLine(); // all are parked
  const grown = grownKilobytes(pid, empty);
  const before = cpuSeconds(pid);
  const result = JSON.parse(await load.nextLine());
  const serverMicroseconds = ((cpuSeconds(pid) - before) * 1e6) / result.samples;

  row(`part to last byte, ${CLIENTS} parked players, ${LOOPS} loops (p99)`, ms(result.p99_ms), '100 ms', result.p99_ms < 100);
  row('the same, p50 and worst', `${ms(result.p50_ms)}, ${ms(result.max_ms)}`);
  row('memory per parked player, in clear', `${grown.toFixed(2)} kB`, '10 kB', grown < 10);
  row('server CPU per answer and next request', `${serverMicroseconds.toFixed(1)} us`);
  row('client CPU per answer and next request', `${result.client_us_per_answer.toFixed(1)} us`);
});

await withServer(async ({ tlsPort, playlist, pid, empty }) => {
  const load = start('parked_tls', tlsPort, playlist, CLIENTS, PARTS);
  await load.nextLine();
  const grown = grownKilobytes(pid, empty);
  load.child.stdin.end();
  row('memory per parked player, over TLS', `${grown.toFixed(2)} kB`, '35 kB', grown < 35);
});
finish();
