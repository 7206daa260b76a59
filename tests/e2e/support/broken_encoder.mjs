// SPDX-License-Identifier: Apache-2.0
// An encoder whose pictures and sound are damaged for a while, in whole containers: ffmpeg writes FLV,
// bytes inside of NAL units and AAC frames are changed, ffmpeg sends it on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { encoderArguments } from './encoder.mjs';

const HEADER = 13; // and the first back pointer
const TAG = 11;

// The same bytes are hit in every run with the same WEIR_BROKEN_SEED (1).
class Damage {
  seed = Number(process.env.WEIR_BROKEN_SEED ?? 1);
  hits = 0;

  random(below) {
    this.seed = (Math.imul(this.seed, 1103515245) + 12345) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * below);
  }

  apply(bytes, from, to) {
    if (to - from < 4 || this.random(3)) return;
    for (let i = 0; i < 1 + this.random(8); i += 1) bytes[from + this.random(to - from)] ^= 1 + this.random(255);
    this.hits += 1;
  }
}

function damageTag(tag, damage) {
  const end = tag.length - 4;
  const isPicture = tag[0] === 9 && tag[TAG + 1] === 1;
  if (tag[0] === 8 && tag[TAG + 1] === 1) damage.apply(tag, TAG + 2, end);
  if (!isPicture) return;
  for (let at = TAG + 5; at + 4 < end;) {
    const length = tag.readUInt32BE(at);
    damage.apply(tag, at + 5, Math.min(at + 4 + length, end)); // not the length, not the type
    at += 4 + length;
  }
}

async function* tagsOf(stream) {
  let pending = Buffer.alloc(0);
  let needed = HEADER;
  let isHeader = true;
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= needed) {
      if (!isHeader && needed === TAG) {
        needed = TAG + pending.readUIntBE(1, 3) + 4;
        if (pending.length < needed) break;
      }
      yield { bytes: pending.subarray(0, needed), isTag: !isHeader };
      pending = pending.subarray(needed);
      isHeader = false;
      needed = TAG;
    }
  }
}

// Intact for `before` seconds, damaged for `seconds`, then intact again.
export function startBrokenEncoder(kit, url, { before = 4, seconds, ...settings }) {
  const from = spawn('ffmpeg', encoderArguments('pipe:1', { ...settings, seconds: 200 }), { stdio: ['ignore', 'pipe', 'ignore'] });
  const to = spawn('ffmpeg', ['-nostdin', '-loglevel', 'error', '-fflags', 'nobuffer', '-probesize', '50000', '-f', 'flv', '-i', 'pipe:0',
    '-c', 'copy', '-flush_packets', '1', '-f', 'flv', url], { stdio: ['pipe', 'ignore', 'ignore'] });
  const damage = new Damage();
  const start = performance.now();
  kit.onEnd(() => { from.kill('SIGKILL'); to.kill('SIGKILL'); });
  to.stdin.on('error', () => from.kill('SIGKILL'));
  const pump = async () => {
    for await (const { bytes, isTag } of tagsOf(from.stdout)) {
      const copy = Buffer.from(bytes);
      const passed = (performance.now() - start) / 1000;
      if (isTag && passed > before && passed < before + seconds) damageTag(copy, damage);
      if (!to.stdin.write(copy)) await once(to.stdin, 'drain');
    }
  };
  pump().catch(() => {});
  return { damage, isRunning: () => to.exitCode === null };
}
