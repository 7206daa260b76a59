// SPDX-License-Identifier: Apache-2.0
import { openBrowser, untilPlaying } from '../tests/e2e/support/browser.mjs';
import { createChannelOn, untilLive } from '../tests/e2e/support/channel.mjs';
import { startClock } from '../tests/e2e/support/clock.mjs';
import { Server } from '../tests/e2e/support/server.mjs';
import { letItRun } from '../tests/e2e/support/wait.mjs';
import { readClock } from '../tests/tools/clock_source.mjs';
import { finish, median, quantile, row } from './support/figures.mjs';

const SETTLE_MS = 12_000; // a player starts behind and catches up
const MEASURE_MS = 15_000;

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
  stopClock();

  // The 480p rung of a ladder: decoded, scaled, encoded again on the way.
  const transcoded = await createChannelOn(server, { type: 'STANDARD' });
  stopClock = startClock(transcoded.rtmpUrl, { size: '1280x720', bitrate: '2500k' });
  const variants = await untilLive(transcoded, 20_000);
  const rung = variants.find(({ RESOLUTION: size }) => size.endsWith('x480'));
  const rungSeen = await measure(await browser.hlsPage(rung.url));
  row('encoder to eye, 480p rung, hls.js (median)', text(rungSeen), '2.0 s', rungSeen.median <= 2.0);
} finally {
  stopClock();
  await browser.close();
  await server.stop();
}
finish();
