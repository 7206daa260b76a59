// SPDX-License-Identifier: Apache-2.0
// Encoders of 600 kb/s each (640x360 at 30 fps, key frame every 2 s, AAC) publish to a server
// process on core 0 from a load generator on core 1. Both servers make HLS: nginx-rtmp writes its
// fragments to tmpfs, Weir keeps segments and parts in memory. Both run at the same time, each with
// its own load, so that whatever else the machine does weighs on both; CPU is that of the server's
// process in the same windows of time, once their playlists are full.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Child } from '../tests/e2e/support/child.mjs';
import { Server, region } from '../tests/e2e/support/server.mjs';
import { letItRun, until } from '../tests/e2e/support/wait.mjs';
import { cpuSecondsExact, finish, median, row } from './support/figures.mjs';
import { IvsClient, CreateChannelCommand } from './support/sdk.mjs';

const STREAMS = 200;
const FEWER = [1, 10, 50]; // first: streams that have ended are kept for a while, which costs a little
const RUNS = 5;
const FULL_MS = 35_000; // playlists of 30 s are full: memory is used again
const SETTLE_MS = 8000; // with few streams, where memory weighs little
const WINDOW_MS = 5000;
const LATE_MAX_MS = 200;
const NGINX_PORT = 18435;
const folder = mkdtempSync('/dev/shm/weir-bench-');
const load = path.join(process.env.WEIR_BUILD, 'bench', 'rtmp_load');

function makeFile() {
  const file = path.join(folder, 'load.flv');
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30:duration=10', '-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=10',
    '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '536k', '-minrate', '536k', '-maxrate', '536k', '-bufsize', '536k', '-x264-params', 'nal-hrd=none',
    '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '64k', file,
  ]);
  return file;
}

async function startNginx() {
  const conf = path.join(folder, 'nginx.conf');
  writeFileSync(conf, `
    load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
    events { worker_connections 2048; }
    rtmp { access_log off; server { listen 127.0.0.1:${NGINX_PORT}; application app {
      live on; hls on; hls_path ${folder}/hls; hls_fragment 2s; hls_playlist_length 30s; } } }`);
  const child = new Child('nginx', ['-c', conf], { lifetimeMs: 600_000 });
  await until('nginx to run', () => readFileSync(`${folder}/nginx.pid`, 'utf8'));
  return { name: 'nginx-rtmp', pid: child.pid, port: NGINX_PORT, keys: Array.from({ length: STREAMS }, (_, i) => `s${i}`), stop: () => child.stop() };
}

async function startWeir() {
  const server = await new Server({ options: ['--loops', '1', '--log-level', 'warn', '--quota', `concurrent-streams=${STREAMS}`] }).start();
  const ivs = new IvsClient({ endpoint: server.http, region, credentials: server.credentials });
  const keys = [];
  for (let i = 0; i < STREAMS; i += 1) {
    const { streamKey } = await ivs.send(new CreateChannelCommand({ name: `s${i}`, type: 'BASIC', insecureIngest: true }));
    keys.push(streamKey.value);
  }
  ivs.destroy();
  return { name: 'Weir', pid: server.child.pid, port: new URL(server.rtmp.replace('rtmp', 'http')).port, keys, stop: () => server.stop() };
}

function startLoad(server, streams, file, seconds) {
  const child = new Child('taskset', ['-c', '1', load, file, String(server.port), String(seconds)], { input: 'pipe', lifetimeMs: 600_000 });
  child.process.stdin.end(server.keys.slice(0, streams).map((key) => `app/${key}\n`).join(''));
  return child;
}

async function finishLoad(child, name) {
  await child.ended;
  const late = Number(child.log.match(/late_ms (\d+)/)?.[1] ?? NaN);
  if (!(late <= LATE_MAX_MS)) console.log(`the load on ${name} was late: ${child.log.trim()}`);
}

// For each server: milliseconds of CPU per second and stream, median of the windows.
async function measure(servers, streams, file, settleMs) {
  const seconds = (settleMs + RUNS * WINDOW_MS) / 1000 + 2;
  const loads = servers.map((server) => startLoad(server, streams, file, seconds));
  await letItRun(settleMs);
  const windows = servers.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    const before = servers.map(({ pid }) => cpuSecondsExact(pid));
    const start = performance.now();
    await letItRun(WINDOW_MS);
    const scale = 1e6 / (performance.now() - start) / streams;
    servers.forEach(({ pid }, i) => windows[i].push((cpuSecondsExact(pid) - before[i]) * scale));
  }
  for (const [i, { name }] of servers.entries()) await finishLoad(loads[i], name);
  return windows.map(median);
}

const text = (ms) => `${ms.toFixed(2)} ms/s`;
const file = makeFile();
const servers = [await startWeir(), await startNginx()];
try {
  for (const { pid } of servers) execFileSync('taskset', ['-a', '-cp', '0', String(pid)], { stdio: 'ignore' });
  const fewer = [];
  for (const streams of FEWER) fewer.push({ streams, costs: await measure(servers, streams, file, SETTLE_MS) });
  const [ours, theirs] = await measure(servers, STREAMS, file, FULL_MS);
  row(`CPU of ${STREAMS} RTMP publishers into HLS, relative to nginx-rtmp`, (ours / theirs).toFixed(2), '0.70', ours / theirs <= 0.7);
  row(`CPU per stream of ${STREAMS}`, `${text(ours)}, nginx-rtmp ${text(theirs)}`);
  for (const { streams, costs: [cost, peer] } of fewer) {
    row(`CPU of ${streams}, relative to nginx-rtmp`, (cost / peer).toFixed(2), '0.70', cost / peer <= 0.7);
    row(`CPU per stream of ${streams}, relative to that of ${STREAMS}`, `${(cost / ours).toFixed(2)} (${text(cost)}), nginx-rtmp ${(peer / theirs).toFixed(2)} (${text(peer)})`,
      '0.80 to 1.20', Math.abs(cost / ours - 1) <= 0.2);
  }
} finally {
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true });
}
finish();
