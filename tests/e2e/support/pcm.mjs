// SPDX-License-Identifier: Apache-2.0
// Decoded sound, sample by sample.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { runCommand } from './child.mjs';

// One channel of floats, as ffmpeg decodes it.
export async function decodeSound(bytes, extension, rate) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-pcm-'));
  try {
    const [from, to] = [path.join(folder, `media.${extension}`), path.join(folder, 'sound.raw')];
    writeFileSync(from, bytes);
    const { code, stderr } = await runCommand('ffmpeg', ['-nostdin', '-v', 'error', '-i', from, '-vn', '-ac', '1', '-ar', String(rate), '-f', 'f32le', to]);
    if (code || stderr) throw new Error(`ffmpeg ended with ${code}: ${stderr}`);
    const raw = readFileSync(to);
    return Array.from({ length: raw.length / 4 }, (_, i) => raw.readFloatLE(4 * i));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// A tone of `frequency` as windows of `ms` hear it: its level, and by how much of a turn its phase
// is off from where the first window's puts it. A hole or a piece that comes twice turns it.
export function followTone(samples, { rate, frequency, ms = 10 }) {
  const size = Math.round((rate * ms) / 1000);
  const windows = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    let [re, im] = [0, 0];
    for (let i = at; i < at + size; i += 1) {
      const angle = (2 * Math.PI * frequency * i) / rate;
      re += samples[i] * Math.cos(angle);
      im -= samples[i] * Math.sin(angle);
    }
    windows.push({ s: at / rate, level: (2 * Math.hypot(re, im)) / size, turn: Math.atan2(im, re) / (2 * Math.PI) });
  }
  const first = windows[Math.min(5, windows.length - 1)].turn;
  return windows.map((window) => ({ ...window, turn: ((window.turn - first + 1.5) % 1) - 0.5 }));
}
