// SPDX-License-Identifier: Apache-2.0
// Raw frames for ffmpeg that tell when they were made: the wall clock in milliseconds and the frame
// number, as two rows of 32 black and white squares (most significant bit first), above a picture
// that moves. 8-bit grey, in real time, to standard output.
//
//   clock_source.mjs [--fps 30] | ffmpeg -f rawvideo -pix_fmt gray -video_size 640x360 -framerate 30 -i - ...
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export const WIDTH = 640;
export const HEIGHT = 360;
const SQUARE = 20; // 32 of them fill a row
const BITS = 32;

function drawBits(frame, row, value) {
  for (let bit = 0; bit < BITS; bit += 1) {
    const shade = (value >>> (BITS - 1 - bit)) & 1 ? 235 : 16;
    for (let y = row * SQUARE; y < (row + 1) * SQUARE; y += 1)
      frame.fill(shade, y * WIDTH + bit * SQUARE, y * WIDTH + (bit + 1) * SQUARE);
  }
}

function drawPicture(frame, number) {
  for (let y = 2 * SQUARE; y < HEIGHT; y += 1) {
    const line = y * WIDTH;
    const band = (y + 2 * number) % HEIGHT;
    frame.fill(40 + (band >> 1), line, line + WIDTH);
  }
  const left = (number * 5) % (WIDTH - 80);
  for (let y = 180; y < 260; y += 1) frame.fill(230, y * WIDTH + left, y * WIDTH + left + 80);
}

function drawFrame(frame, milliseconds, number) {
  drawPicture(frame, number);
  drawBits(frame, 0, milliseconds % 2 ** BITS);
  drawBits(frame, 1, number);
}

// Runs inside a page: reads every frame that `video` shows for `ms` and returns
// [{ number, latency }], the latency in milliseconds from the making of the frame to its display.
export async function readClock({ ms, selector = 'video' }) {
  const video = document.querySelector(selector);
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 40 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const seen = [];
  const readRow = (pixels, row) => {
    let value = 0;
    for (let bit = 0; bit < 32; bit += 1)
      value = value * 2 + (pixels[4 * ((row * 20 + 10) * 640 + bit * 20 + 10)] > 125 ? 1 : 0);
    return value;
  };
  const onFrame = () => {
    const now = Date.now() % 2 ** 32;
    context.drawImage(video, 0, 0, 640, 360);
    const pixels = context.getImageData(0, 0, 640, 40).data;
    seen.push({ number: readRow(pixels, 1), latency: now - readRow(pixels, 0) });
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  await new Promise((resolve) => { setTimeout(resolve, ms); });
  return seen;
}

function run(fps) {
  const frame = Buffer.alloc(WIDTH * HEIGHT);
  const start = performance.now();
  let number = 0;
  const next = () => {
    drawFrame(frame, Date.now(), number);
    number += 1;
    const isTaken = process.stdout.write(Buffer.from(frame));
    const wait = () => setTimeout(next, Math.max(0, start + (1000 * number) / fps - performance.now()));
    if (isTaken) wait();
    else process.stdout.once('drain', wait);
  };
  process.stdout.on('error', () => process.exit(0));
  next();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { fps: { type: 'string', default: '30' } } });
  run(Number(values.fps));
}
