// SPDX-License-Identifier: Apache-2.0
// Sources that were encoded before: what is large costs the machine nothing while it is sent.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Child, runCommand } from './child.mjs';

// A moving picture and a tone, a keyframe a second; returns the path. `noise`: so much of it that the
// bit rate is reached; `spike`: noise from then to then only, at whatever rate that takes.
export async function makeMediaFile(kit, { size, fps = 30, seconds = 12, bitrate = '4M', buffer = bitrate, sound = '-c:a aac -b:a 96k', noise = false, spike, container = 'mp4' }) {
  const when = spike ? `:enable='between(t,${spike.from},${spike.to})'` : '';
  const filter = noise ? `,noise=alls=100:allf=t${when}` : '';
  const rate = spike ? ['-crf', '12'] : ['-b:v', bitrate, '-maxrate', bitrate, '-bufsize', buffer];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-media-'));
  kit.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, `source.${container}`);
  const { code, stderr } = await runCommand('ffmpeg', [
    '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${fps}:d=${seconds}${filter}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:d=${seconds}`, '-c:v', 'libx264', '-preset', 'superfast', '-profile:v', 'main',
    '-pix_fmt', 'yuv420p', ...rate, '-g', String(fps), '-keyint_min', String(fps),
    '-bf', '0', '-x264-params', 'scenecut=0', ...sound.split(' '), '-ac', '2', file,
  ], { timeout: 60_000 });
  if (code) throw new Error(`ffmpeg: ${stderr}`);
  return file;
}

// Sends it as it is. `pace`: as ffmpeg's options before the input say.
export function sendMediaFile(kit, url, file, { pace = ['-re'] } = {}) {
  const sender = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-nostats', ...pace, '-i', file, '-c', 'copy', '-flush_packets', '1', '-f', url.startsWith('srt:') ? 'mpegts' : 'flv', url]);
  kit.onEnd(() => sender.stop('SIGKILL'));
  kit.logs.push(() => `--- sender\n${sender.log.slice(-1000)}`);
  return sender;
}
