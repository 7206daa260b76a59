// SPDX-License-Identifier: Apache-2.0
// Encoders of 600 kb/s each (640x360 at 30 fps, key frame every 2 s, AAC) publish over SRT with a
// passphrase, from a load generator on core 1 to what takes them in on core 0: Weir with the
// demuxing workers it starts, and an `ffmpeg -i srt://...?mode=listener -c copy -f hls` for each
// stream, which writes to tmpfs. Both work at the same time, each with its own load, so that
// whatever else the machine does weighs on both; CPU is that of all their processes in the same
// windows of time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { Child } from '../tests/e2e/support/child.mjs';
import { Server, region } from '../tests/e2e/support/server.mjs';
import { letItRun, until } from '../tests/e2e/support/wait.mjs';
import { cpuSecondsExact, finish, median, row } from './support/figures.mjs';
import { IvsClient, CreateChannelCommand } from './support/sdk.mjs';

const STREAMS = [1, 10, 30]; // with more, the ffmpegs want more than a core
const RUNS = 5;
const SETTLE_MS = 6000;
const WINDOW_MS = 4000;
const FILE_S = 90; // all must be connected, and the windows over
const LATE_MAX_MS = 200;
const FIRST_PORT = 18500;
const PASSPHRASE = 'correct-horse-battery';
const folder = mkdtempSync('/dev/shm/weir-bench-');
const load = path.join(process.env.WEIR_BUILD, 'bench', 'srt_load');

function makeFile() {
  const once = path.join(folder, 'once.mp4');
  const file = path.join(folder, 'load.ts');
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30:duration=10', '-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=10',
    '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '536k', '-minrate', '536k', '-maxrate', '536k', '-bufsize', '536k', '-x264-params', 'nal-hrd=none',
    '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '64k', once,
  ]);
  execFileSync('ffmpeg', ['-v', 'error', '-stream_loop', String(FILE_S / 10 - 1), '-i', once, '-c', 'copy', file]);
  return file;
}

async function startWeir() {
  const server = await new Server({ options: ['--loops', '1', '--srt', '127.0.0.1:0', '--log-level', 'warn', '--quota', 'concurrent-streams=200'] }).start();
  const ivs = new IvsClient({ endpoint: server.http, region, credentials: server.credentials });
  const streams = [];
  for (let i = 0; i < Math.max(...STREAMS); i += 1) {
    const { channel, streamKey } = await ivs.send(new CreateChannelCommand({ name: `s${i}`, type: 'BASIC' }));
    streams.push(`${channel.srt.endpoint.split(':')[1]} ${streamKey.value} ${channel.srt.passphrase}`);
  }
  ivs.destroy();
  return {
    streams: (count) => streams.slice(0, count),
    pids: () => [server.child.pid, ...childrenOf(server.child.pid)],
    idleMegabytes: memory([server.child.pid]),
    end: async () => {},
    stop: () => server.stop(),
  };
}

const childrenOf = (pid) => readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
  readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number));

function startFfmpegs() {
  let children = [];
  return {
    streams: (count) => {
      children = Array.from({ length: count }, (_, i) => {
        const out = path.join(folder, `s${i}`);
        mkdirSync(out, { recursive: true });
        return new Child('taskset', ['-c', '0', 'ffmpeg', '-nostdin', '-v', 'error', '-f', 'mpegts', '-i',
          `srt://127.0.0.1:${FIRST_PORT + i}?mode=listener&passphrase=${PASSPHRASE}`, '-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_list_size', '15',
          '-hls_flags', 'delete_segments', path.join(out, 'index.m3u8')], { lifetimeMs: 600_000 });
      });
      return children.map((_, i) => `${FIRST_PORT + i} s${i} ${PASSPHRASE}`);
    },
    pids: () => children.map((child) => child.pid),
    idleMegabytes: 0,
    end: () => Promise.all(children.map((child) => child.stop('SIGKILL'))),
    stop: () => Promise.all(children.map((child) => child.stop('SIGKILL'))),
  };
}

// Of their own and their share of what several have, in MB.
function memory(pids) {
  return pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1]), 0) / 1024;
}

async function startLoad(taker, count, file) {
  const child = new Child('taskset', ['-c', '1', load, file], { input: 'pipe', lifetimeMs: 600_000 });
  child.process.stdin.end(taker.streams(count).map((line) => `${line}\n`).join(''));
  await until('the load to run', () => child.log.includes('running'), { timeout: 60_000 });
  return child;
}

async function finishLoad(child) {
  await child.stop();
  const late = Number(child.log.match(/late_ms (\d+)/)?.[1] ?? NaN);
  if (Number.isNaN(late)) throw new Error(`the load broke: ${child.log.trim()}`);
  if (late > LATE_MAX_MS) console.log(`the load was late: ${child.log.trim()}`);
}

const seconds = (pids) => pids.reduce((sum, pid) => sum + cpuSecondsExact(pid), 0);

// For each taker: [ms of CPU per second and stream, MB per stream].
async function measure(takers, count, file) {
  const loads = await Promise.all(takers.map((taker) => startLoad(taker, count, file)));
  await letItRun(SETTLE_MS);
  const pids = takers.map((taker) => taker.pids());
  for (const list of pids) for (const pid of list) execFileSync('taskset', ['-a', '-cp', '0', String(pid)], { stdio: 'ignore' });
  const windows = takers.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    const before = pids.map(seconds);
    const start = performance.now();
    await letItRun(WINDOW_MS);
    const scale = 1e6 / (performance.now() - start) / count;
    pids.forEach((list, i) => windows[i].push((seconds(list) - before[i]) * scale));
  }
  const megabytes = takers.map((taker, i) => (memory(pids[i]) - taker.idleMegabytes) / count);
  for (const child of loads) await finishLoad(child);
  for (const taker of takers) await taker.end();
  return takers.map((_, i) => ({ cpu: median(windows[i]), megabytes: megabytes[i] }));
}

const file = makeFile();
const takers = [await startWeir(), startFfmpegs()];
try {
  for (const count of STREAMS) {
    const [ours, theirs] = await measure(takers, count, file);
    row(`CPU of ${count} SRT publisher${count > 1 ? 's' : ''} into HLS, relative to ffmpeg`, (ours.cpu / theirs.cpu).toFixed(2), ...(count > 1 ? ['1.00', ours.cpu <= theirs.cpu] : []));
    row(`CPU per stream of ${count}`, `${ours.cpu.toFixed(2)} ms/s, ffmpeg ${theirs.cpu.toFixed(2)} ms/s`);
    row(`memory per stream of ${count}`, `${ours.megabytes.toFixed(1)} MB, ffmpeg ${theirs.megabytes.toFixed(1)} MB`);
  }
} finally {
  for (const taker of takers) await taker.stop();
  rmSync(folder, { recursive: true });
}
finish();
