// SPDX-License-Identifier: Apache-2.0
// An encoder whose pictures tell when they were made: tests/tools/clock_source.mjs through ffmpeg.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const clockSource = fileURLToPath(new URL('../../tools/clock_source.mjs', import.meta.url));

// `size`: what the 640x360 of the clock are scaled to. Returns what ends both processes.
export function startClock(url, { size = '640x360', bitrate = '800k' } = {}) {
  const children = [
    spawn(process.execPath, [clockSource], { stdio: ['ignore', 'pipe', 'inherit'] }),
    spawn('ffmpeg', [
      '-nostdin', '-loglevel', 'error', '-probesize', '32', '-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', '640x360', '-framerate', '30',
      '-i', 'pipe:3', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-vf', `scale=${size.replace('x', ':')}:flags=neighbor`,
      '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency',
      '-pix_fmt', 'yuv420p', '-g', '30', '-keyint_min', '30', '-sc_threshold', '0', '-b:v', bitrate, '-c:a', 'aac', '-b:a', '96k',
      '-flush_packets', '1', '-f', 'flv', url,
    ], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] }),
  ];
  children[0].stdout.pipe(children[1].stdio[3]);
  children[1].stdio[3].on('error', () => {});
  return () => children.forEach((child) => child.kill('SIGKILL'));
}
