// SPDX-License-Identifier: Apache-2.0
// An encoder whose pictures tell when they were made (tests/tools/clock_source.mjs through ffmpeg), and
// what a page that plays it has shown.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const clockSource = fileURLToPath(new URL('../../tools/clock_source.mjs', import.meta.url));

// `size`: what the 640x360 of the clock are scaled to; `gop` in seconds. Returns what ends both processes.
export function startClock(url, { size = '640x360', bitrate = '800k', gop = 1 } = {}) {
  const children = [
    spawn(process.execPath, [clockSource], { stdio: ['ignore', 'pipe', 'inherit'] }),
    spawn('ffmpeg', [
      '-nostdin', '-loglevel', 'error', '-probesize', '32', '-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', '640x360', '-framerate', '30',
      '-i', 'pipe:3', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-vf', `scale=${size.replace('x', ':')}:flags=neighbor`,
      '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency',
      '-pix_fmt', 'yuv420p', '-g', `${30 * gop}`, '-keyint_min', `${30 * gop}`, '-sc_threshold', '0', '-b:v', bitrate, '-c:a', 'aac', '-b:a', '96k',
      '-flush_packets', '1', '-f', 'flv', url,
    ], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] }),
  ];
  children[0].stdout.pipe(children[1].stdio[3]);
  children[1].stdio[3].on('error', () => {});
  return () => children.forEach((child) => child.kill('SIGKILL'));
}

// Has the page note every picture that its <video> shows from now on: { at, number, mediaTime, width },
// `at` in milliseconds of this machine's clock, `number` as the picture itself says.
export async function watchClock(page) {
  await page.evaluate(() => {
    const video = document.querySelector('video');
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 40 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const onFrame = (_, { mediaTime }) => {
      context.drawImage(video, 0, 0, 640, 360);
      const pixels = context.getImageData(0, 0, 640, 40).data;
      let number = 0;
      for (let bit = 0; bit < 32; bit += 1) number = number * 2 + (pixels[4 * (30 * 640 + bit * 20 + 10)] > 125 ? 1 : 0);
      window.pictures.push({ at: Date.now(), number, mediaTime, width: video.videoWidth });
      video.requestVideoFrameCallback(onFrame);
    };
    window.pictures = [];
    video.requestVideoFrameCallback(onFrame);
  });
}

export async function picturesSeen(page) {
  return page.evaluate(() => window.pictures);
}

// How long the picture stood still at most, in milliseconds.
export function longestFreeze(pictures) {
  return Math.max(...pictures.slice(1).map((picture, i) => picture.at - pictures[i].at));
}

// The most that the picture's own clock and the media time differ from what they were at first, in
// seconds: a frame that the browser skips is skipped by both.
export function largestJump(pictures) {
  const [first] = pictures;
  return Math.max(...pictures.map(({ number, mediaTime }) =>
    Math.abs((number - first.number) / 30 - (mediaTime - first.mediaTime))));
}
