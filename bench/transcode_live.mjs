// SPDX-License-Identifier: Apache-2.0
//   transcode_live.mjs [1080p30|720p30]...
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { finish, row } from './support/figures.mjs';

const SECONDS = Number(process.env.WEIR_BENCH_SECONDS ?? 300);
const COPIES_MAX = 8;
const build = process.env.WEIR_BUILD;
const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-'));
const asked = process.argv.slice(2);
const FORMATS = [
  { name: '1080p30', size: '1920x1080', rate: '6M', promised: 2 },
  { name: '720p30', size: '1280x720', rate: '4M', promised: 3 },
].filter(({ name }) => !asked.length || asked.includes(name));

function run(program, args, timeout) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, timeout });
  if (result.status !== 0) throw new Error(`${program}: ${result.error ?? result.stderr}`);
  return result.stdout;
}

function makeClip({ name, size, rate }) {
  const file = path.join(folder, `source-${name}.mp4`);
  run('ffmpeg', [
    '-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30:d=10,noise=alls=4:allf=t`,
    '-f', 'lavfi', '-i', 'anoisesrc=d=10:c=pink:r=48000:a=0.3', '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', rate, '-maxrate', rate,
    '-bufsize', rate, '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-bf', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-b:a', '128k', file,
  ], 120_000);
  return file;
}

// Ladders that miss nothing: every picture that was sent came back from every rung.
function runLadders(clip, copies, seconds) {
  const args = ['-r', '-n', String(copies), '-t', String(seconds), path.join(build, 'weir-media'), 'STANDARD', clip];
  const { cpu_s: cpu, ladders } = JSON.parse(run(path.join(build, 'bench', 'transcode_drive'), args, (seconds + 60) * 1000));
  const missing = ladders.reduce((sum, { pictures, frames }) => sum + frames.filter(Boolean).reduce((rest, count) => rest + pictures - count, 0), 0);
  const troubles = ladders.reduce((sum, one) => sum + one.gops_dropped + one.lost + one.restarts, 0);
  return { cores: cpu / seconds, missing, isFine: !missing && !troubles, p95: Math.max(...ladders.map(({ p95_ms: p95 }) => p95)) };
}

const text = ({ missing, cores, p95 }) => `${missing} frames missing, ${cores.toFixed(2)} cores, p95 of the latency added ${p95.toFixed(0)} ms`;

function mostThatRun(clip, promised) {
  for (let copies = promised + 1; copies <= COPIES_MAX; copies += 1)
    if (!runLadders(clip, copies, Math.ceil(SECONDS / 10)).isFine) return copies - 1;
  return COPIES_MAX;
}

try {
  for (const format of FORMATS) {
    const clip = makeClip(format);
    const result = runLadders(clip, format.promised, SECONDS);
    row(`${format.promised} ladders of ${format.name} for ${SECONDS} s`, text(result), 'no frame missing', result.isFine);
    row(`most ladders of ${format.name} that run for ${Math.ceil(SECONDS / 10)} s`, mostThatRun(clip, format.promised));
  }
} finally {
  rmSync(folder, { recursive: true });
}
finish();
