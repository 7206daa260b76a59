// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { finish, median, row } from './support/figures.mjs';

const RUNS = 5;
const SECONDS = 10;
const TURNS = 3; // of the clip, where the start of a process should not count
const build = process.env.WEIR_BUILD;
const media = path.join(build, 'weir-media');
const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-bench-'));
const RUNGS = [
  { id: '720p30', size: '1280:720', rate: '2400k', audio: ['-c:a', 'copy'] },
  { id: '480p30', size: '852:480', rate: '1400k', audio: ['-c:a', 'copy'] },
  { id: '360p30', size: '640:360', rate: '630k', audio: ['-c:a', 'aac', '-b:a', '64k'] },
  { id: '160p30', size: '284:160', rate: '230k', audio: ['-c:a', 'aac', '-b:a', '48k'] },
];

function run(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, timeout: 120_000 });
  if (result.status !== 0) throw new Error(`${program}: ${result.error ?? result.stderr}`);
  return result;
}

// On one core: two cores of a virtual machine may be threads of one real core, which then charges
// whoever uses both for more time than the same work takes alone.
const onOneCore = (program, args) => run('taskset', ['-c', '0', program, ...args]);

// User and system seconds, as the shell counts them for its child.
function cpuOf(program, args) {
  const { stderr } = onOneCore('bash', ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', '-', program, ...args]);
  const [, user, system] = stderr.match(/cpu ([\d.]+) ([\d.]+)/);
  return Number(user) + Number(system);
}

// Moving edges, flat areas and a little noise, with a sound that is no pure tone.
function makeClip(name, size, rate) {
  const file = path.join(folder, name);
  run('ffmpeg', [
    '-nostdin', '-loglevel', 'error', '-y', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30:d=${SECONDS},noise=alls=4:allf=t`,
    '-f', 'lavfi', '-i', `anoisesrc=d=${SECONDS}:c=pink:r=48000:a=0.3`, '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', rate, '-maxrate', rate,
    '-bufsize', rate, '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-bf', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-b:a', '128k', file,
  ]);
  return file;
}

const ffmpegArguments = (clip) => [
  '-nostdin', '-loglevel', 'error', '-y', '-threads', '1', '-i', clip,
  ...RUNGS.flatMap(({ id, size, rate, audio }) => [
    '-map', '0:v', '-map', '0:a', '-vf', `scale=${size}`, '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-threads', '1',
    '-profile:v', 'main', '-sc_threshold', '0', '-g', '60', '-keyint_min', '60', '-b:v', rate, '-maxrate', rate, '-bufsize', rate, ...audio,
    path.join(folder, `ffmpeg-${id}.mp4`),
  ]),
];

const drive = (clip, ...options) => [path.join(build, 'bench', 'transcode_drive'), [...options, media, 'STANDARD', clip]];
const figuresOf = ({ stdout }) => JSON.parse(stdout);

// Where the scale filter takes chroma to lie: it guesses the middle of the luma samples; H.264 has it
// on their left unless told otherwise, and so have the rungs.
const SITING_OF_H264 = ':in_h_chr_pos=0:in_v_chr_pos=128:out_h_chr_pos=0:out_v_chr_pos=128';

function ssim(rung, source, size, siting) {
  const { stderr } = run('ffmpeg', [
    '-nostdin', '-hide_banner', '-i', rung, '-i', source, '-filter_complex', `[0:v]scale=${size}:flags=bicubic${siting}[a];[a][1:v]ssim`, '-an', '-f', 'null', '-',
  ]);
  return Number(stderr.match(/All:([\d.]+)/)[1]);
}

const worstSsim = (clip, size, siting) => Math.max(...RUNGS.map(({ id }) => ssim(path.join(folder, `ffmpeg-${id}.mp4`), clip, size, siting)
  - ssim(path.join(folder, `${id}.mp4`), clip, size, siting)));

// The two in turns, so that both meet the same machine.
function compareCpu(clip) {
  const theirs = [];
  const ours = [];
  for (let i = 0; i < RUNS; i += 1) {
    theirs.push(cpuOf('ffmpeg', ffmpegArguments(clip)));
    ours.push(figuresOf(onOneCore(...drive(clip, '-o', folder))).cpu_s);
  }
  return { theirs: median(theirs), ours: median(ours) };
}

const perSecond = (seconds) => (seconds / SECONDS).toFixed(3);

try {
  for (const { name, size, rate, limit } of [
    { name: '1080p30', size: '1920x1080', rate: '6M', limit: 0.8 }, { name: '720p30', size: '1280x720', rate: '4M', limit: 0.92 },
  ]) {
    const clip = makeClip(`source-${name}.mp4`, size, rate); // not the name of a rung
    const { theirs, ours } = compareCpu(clip);
    row(`${name}, four rungs: CPU over ffmpeg's (${perSecond(ours)} and ${perSecond(theirs)} s/s)`, (ours / theirs).toFixed(3), `${limit}`, ours / theirs <= limit);
    const worst = worstSsim(clip, size.replace('x', ':'), '');
    row(`${name}: SSIM below ffmpeg's, worst rung`, worst.toFixed(4), '0.002', worst <= 0.002);
    row(`${name}: the same with chroma where H.264 has it`, worstSsim(clip, size.replace('x', ':'), SITING_OF_H264).toFixed(4));
    if (name !== '1080p30') continue;
    const parts = figuresOf(onOneCore(path.join(build, 'bench', 'transcode_parts'), ['superfast', 'STANDARD', clip]));
    const sum = Object.values(parts).reduce((a, b) => a + b);
    const long = figuresOf(onOneCore(...drive(clip, '-t', String(TURNS * SECONDS)))).cpu_s / TURNS;
    row('1080p30: CPU over decode, cascade, encode and sound alone', (long / sum).toFixed(3), '1.05', long / sum <= 1.05);
    const [ladder] = figuresOf(run(...drive(clip, '-r'))).ladders;
    row('start to first frame out', `${ladder.first_ms.toFixed(0)} ms`, '300 ms', ladder.first_ms < 300);
    row('latency added in real time, p95', `${ladder.p95_ms.toFixed(0)} ms`, '150 ms', ladder.p95_ms <= 150);
    row('memory of a 1080p ladder', `${ladder.peak_mb.toFixed(0)} MB`, '250 MB', ladder.peak_mb < 250);
  }
} finally {
  rmSync(folder, { recursive: true });
}
finish();
