// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { openBrowser, untilPlaying } from '../tests/e2e/support/browser.mjs';
import { createChannelOn, untilLive } from '../tests/e2e/support/channel.mjs';
import { Server } from '../tests/e2e/support/server.mjs';
import { letItRun } from '../tests/e2e/support/wait.mjs';
import { readClock } from '../tests/tools/clock_source.mjs';
import { finish, median, quantile, row } from './support/figures.mjs';

const SETTLE_MS = 12_000; // a player starts behind and catches up
const MEASURE_MS = 15_000;
const clockSource = fileURLToPath(new URL('../tests/tools/clock_source.mjs', import.meta.url));

// The clock source piped into ffmpeg; returns what ends both.
function startClock(url) {
  const children = [
    spawn(process.execPath, [clockSource], { stdio: ['ignore', 'pipe', 'inherit'] }),
    spawn('ffmpeg', [
      '-nostdin', '-loglevel', 'error', '-probesize', '32', '-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', '640x360', '-framerate', '30',
      '-i', 'pipe:3', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency',
      '-pix_fmt', 'yuv420p', '-g', '30', '-keyint_min', '30', '-sc_threshold', '0', '-b:v', '800k', '-c:a', 'aac', '-b:a', '96k',
      '-flush_packets', '1', '-f', 'flv', url,
    ], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] }),
  ];
  children[0].stdout.pipe(children[1].stdio[3]);
  children[1].stdio[3].on('error', () => {});
  return () => children.forEach((child) => child.kill('SIGKILL'));
}

async function measure(page) {
  await untilPlaying(page);
  await letItRun(SETTLE_MS);
  const seen = await page.evaluate(readClock, { ms: MEASURE_MS });
  const latencies = seen.map((frame) => frame.latency / 1000);
  const numbers = seen.map((frame) => frame.number);
  const missing = numbers.at(-1) - numbers[0] + 1 - new Set(numbers).size;
  const dropped = await page.evaluate(() => document.querySelector('video').getVideoPlaybackQuality().droppedVideoFrames);
  await page.close();
  return { median: median(latencies), p95: quantile(latencies, 0.95), frames: seen.length, missing, dropped };
}

const text = (result) =>
  `${result.median.toFixed(2)} s, p95 ${result.p95.toFixed(2)} s (${result.frames} frames read, ${result.missing} not seen, ${result.dropped} dropped)`;

const server = await new Server().start();
const browser = await openBrowser();
let stopClock = () => {};
try {
  const channel = await createChannelOn(server);
  stopClock = startClock(channel.rtmpUrl);
  await untilLive(channel, 20_000);

  const watched = await measure(await browser.page(`${server.http}/watch/${channel.id}`));
  row('encoder to eye, watch page (median)', text(watched), '1.5 s', watched.median <= 1.5);
  const plain = await measure(await browser.hlsPage(channel.playbackUrl, { maxLiveSyncPlaybackRate: 1 }));
  row('encoder to eye, hls.js with its defaults (median)', text(plain));
} finally {
  stopClock();
  await browser.close();
  await server.stop();
}
finish();
