// SPDX-License-Identifier: Apache-2.0
// Sound against picture as viewers perceive it: a flash and a beep at every whole second, found again
// by ffmpeg's filters in what was decoded.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { runCommand } from './child.mjs';

const LENGTH = 0.2; // seconds

export const FLASHES = `color=black:s=640x360:r=30,drawbox=c=white:t=fill:enable='lt(mod(t,1),${LENGTH})'`;
export const beepsAt = (rate) => `aevalsrc='if(lt(mod(t,1),${LENGTH}),0.5*sin(2*PI*880*t),0)':s=${rate}`;

// Where the picture turns bright and where the sound begins, in seconds of the media's own time.
export async function flashesAndBeeps(bytes, extension) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-sync-'));
  try {
    const file = path.join(folder, `media.${extension}`);
    writeFileSync(file, bytes);
    const { stderr } = await runCommand('ffmpeg', [
      '-hide_banner', '-nostdin', '-copyts', '-i', file, '-vf', 'blackdetect=d=0.3:pix_th=0.4', '-af', 'silencedetect=n=-35dB:d=0.3', '-f', 'null', '-',
    ]);
    const times = (pattern) => [...stderr.matchAll(pattern)].map(([, time]) => Number(time));
    // The end of the file ends a black stretch, too: the last flash may be none.
    return { flashes: times(/black_end:([\d.]+)/g).slice(0, -1), beeps: times(/silence_end: ([\d.]+)/g) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nearest = (times, to) => times.reduce((best, time) => (Math.abs(time - to) < Math.abs(best - to) ? time : best), Infinity);

// How far each of these times is behind the nearest of the others, pairs only.
export function offsets(times, others) {
  return times.map((time) => time - nearest(others, time)).filter((offset) => Math.abs(offset) < 0.3);
}
