// SPDX-License-Identifier: Apache-2.0
// A file goes through the packager as a live stream would, faster than life: ffmpeg must find every
// picture and every sound of it again, at the same distance from each other.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { runCommand } from './support/child.mjs';
import { story } from './support/story.mjs';

const packager = path.join(path.dirname(process.env.WEIR_BINARY), 'tests/tools/package_flv');
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];
const zerolatency = [...x264, '-tune', 'zerolatency', '-sc_threshold', '0'];
const aac = ['-c:a', 'aac', '-b:a', '64k'];

function sources({ fps = 30, seconds = 5, rate = 48000 } = {}) {
  return [
    '-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=${fps}:duration=${seconds}`,
    '-f', 'lavfi', '-i', `sine=sample_rate=${rate}:duration=${seconds}`,
  ];
}

// name: [what ffmpeg makes it from, segments expected, whether all of them begin with an IDR]
const CASES = {
  'B-frames': [[...sources(), '-c:v', 'libx264', '-g', '30', '-x264-params', 'bframes=3:b-adapt=0:scenecut=0', ...aac], 5, true],
  'open GOPs': [[...sources({ seconds: 8 }), '-c:v', 'libx264', '-x264-params', 'open-gop=1:bframes=2:keyint=60:min-keyint=60:scenecut=0', ...aac], 2, false],
  'four slices, no sound': [[...sources(), '-map', '0:v', ...x264, '-g', '30', '-x264-params', 'slices=4:scenecut=0'], 5, true],
  'mono at 44.1 kHz and 25 pictures a second': [[...sources({ fps: 25, rate: 44100 }), ...zerolatency, '-g', '50', ...aac, '-ac', '1'], 3, true],
  '59.94 pictures a second': [[...sources({ fps: '60000/1001' }), ...zerolatency, '-g', '120', ...aac], 3, true],
  'a GOP of half a second': [[...sources(), ...zerolatency, '-g', '15', ...aac], 5, true],
  'a GOP of eight seconds': [[...sources({ seconds: 17 }), ...zerolatency, '-g', '240', ...aac], 5, false],
};

async function ffmpeg(args) {
  const { code, stdout, stderr } = await runCommand('ffmpeg', ['-hide_banner', '-v', 'error', '-nostdin', ...args], { timeout: 60_000 });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return stdout;
}

// A checksum of each decoded picture, in the order of presentation.
async function pictures(file) {
  const out = await ffmpeg(['-i', file, '-map', '0:v', '-vsync', 'passthrough', '-f', 'framemd5', '-']);
  return out.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(',').at(-1).trim());
}

async function times(file, kind) {
  const { stdout } = await runCommand('ffprobe', ['-v', 'error', '-select_streams', `${kind}:0`, '-show_entries', 'packet=pts_time,dts_time', '-of', 'json', file]);
  return (JSON.parse(stdout).packets ?? []).map((packet) => ({ pts: Number(packet.pts_time), dts: Number(packet.dts_time) }));
}

// By how much the times of `after` lie behind those of `before`: the smallest and the largest.
function shifts(before, after) {
  const by = after.map(({ pts }, i) => pts - before[i].pts);
  return [Math.min(...by), Math.max(...by)];
}

async function checkTimes(before, after) {
  const video = shifts(await times(before, 'v'), await times(after, 'v'));
  assert.ok(video[1] - video[0] < 0.0011, `pictures move by ${video}`);
  const sound = await times(after, 'a');
  for (const track of [sound, await times(after, 'v')]) {
    assert.ok(track.every(({ dts }, i) => i === 0 || dts > track[i - 1].dts), 'times rise');
  }
  if (!sound.length) return;
  const all = await times(before, 'a');
  const dropped = all.length - sound.length; // sound from before the first picture
  assert.ok(dropped <= 1, `${dropped} frames of sound are missing`);
  const [least, most] = shifts(all.slice(dropped), sound);
  assert.ok(Math.abs(least - video[0]) < 0.0011 && Math.abs(most - video[0]) < 0.0021, `sound moves by ${least} to ${most}`);
}

async function checkFormat(input, expected, folder, [format, suffix], [, segments, isIndependent]) {
  const output = path.join(folder, format);
  mkdirSync(output);
  const { code, stderr } = await runCommand(packager, [format, input, output]);
  assert.equal(code, 0, stderr);
  const all = path.join(output, `all.${suffix}`);
  assert.deepEqual(await pictures(all), expected);
  await checkTimes(input, all);
  const files = readdirSync(output).filter((file) => new RegExp(`^s\\d+\\.${suffix}$`).test(file));
  assert.equal(files.length, segments);
  if (format !== 'ts' || !isIndependent) return;
  for (const file of [...files, 's1.p0.ts']) await pictures(path.join(output, file)); // each by itself
}

for (const [name, expected] of Object.entries(CASES)) {
  story(name, async (kit) => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-package-'));
    kit.onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const input = path.join(folder, 'input.flv');
    await ffmpeg([...expected[0], '-f', 'flv', input]);
    const originals = await pictures(input);
    for (const format of [['ts', 'ts'], ['fmp4', 'mp4']]) await checkFormat(input, originals, folder, format, expected);
  });
}
