// SPDX-License-Identifier: Apache-2.0
// Other people's players on a ladder: they go from rung to rung, and go on when the worker behind the
// lower ones is killed. The clock in the picture tells what was shown and when.
import assert from 'node:assert/strict';

import { untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive } from './support/channel.mjs';
import { largestJump, longestFreeze, picturesSeen, startClock, watchClock } from './support/clock.mjs';
import { story } from './support/story.mjs';
import { letItRun, slow, until } from './support/wait.mjs';
import { killWorkersUntilGivenUp, workerPids } from './support/workers.mjs';

const SOURCE = 640, LOWER = 284; // widths of the two rungs
const GOP_S = 2;

async function clockChannel(kit, input) {
  const channel = await createChannel(kit, { type: 'STANDARD', ...input });
  kit.onEnd(startClock(channel.rtmpUrl, { gop: GOP_S }));
  assert.equal((await untilLive(channel)).length, 2);
  return channel;
}

// Run in the page: the rung with this picture width is the one to play.
const CHOOSERS = {
  shaka: (width) => {
    window.player.configure('abr.enabled', false);
    window.player.selectVariantTrack(window.player.getVariantTracks().find((track) => track.width === width), false);
  },
  videojs: (width) => {
    for (const rung of window.player.tech(true).vhs.representations()) rung.enabled(rung.width === width);
  },
};

const untilWidth = (page, width) => until(`a picture ${width} wide`, async () =>
  (await page.evaluate(() => document.querySelector('video').videoWidth)) === width, { timeout: 30_000 });

async function switchRungs(page, choose) {
  await untilPlaying(page);
  await watchClock(page);
  for (const width of [LOWER, SOURCE, LOWER]) {
    await page.evaluate(choose, width);
    await untilWidth(page, width);
  }
  const before = (await picturesSeen(page)).length;
  const seen = await until('60 more pictures', async () => {
    const pictures = await picturesSeen(page);
    return pictures.length > before + 60 && pictures;
  }, { timeout: 30_000 });
  return { seen, errors: await page.evaluate(() => window.errors) };
}

// video.js guesses where a rung's segments lie in its time, and corrects itself later: not judged.
function assertSmooth(player, { seen, errors }) {
  assert.deepEqual(errors.filter((error) => error.fatal), [], player);
  const jump = player === 'videojs' ? 0 : largestJump(seen);
  assert.ok(jump < 0.1, `${player}: the picture is ${jump} s away from where the media time puts it`);
}

for (const [containerFormat, latencyMode] of [['TS', 'LOW'], ['FRAGMENTED_MP4', 'NORMAL']]) {
  story(`shaka-player and video.js go down and up a ladder (${containerFormat}, ${latencyMode})`, async (kit) => {
    await kit.server();
    const channel = await clockChannel(kit, { containerFormat, latencyMode });
    const browser = await kit.browser();
    const pages = { shaka: await browser.shakaPage(channel.playbackUrl), videojs: await browser.videojsPage(channel.playbackUrl) };
    await Promise.all(Object.entries(pages).map(async ([player, page]) =>
      assertSmooth(player, await switchRungs(page, CHOOSERS[player]))));
  }, { timeout: 90_000 });
}

// Begins on the lower rung and stays there of its own accord, but may leave it where it has to.
const LOWER_FIRST = { startLevel: 0, abrEwmaDefaultEstimate: 1, abrBandWidthUpFactor: 1e-4 };

async function openOnLowerRung(kit, channel, config) {
  const page = await (await kit.browser()).hlsPage(channel.playbackUrl, { ...LOWER_FIRST, ...config });
  await untilPlaying(page);
  await untilWidth(page, LOWER);
  await watchClock(page);
  await letItRun(4000);
  return page;
}

const noFatalErrors = async (page) =>
  assert.deepEqual(await page.evaluate(() => window.errors.filter((error) => error.fatal)), []);

for (const lowLatencyMode of [true, false]) {
  story(`hls.js goes on when the worker is killed (lowLatencyMode: ${lowLatencyMode})`, async (kit) => {
    const server = await kit.server();
    const channel = await clockChannel(kit);
    const page = await openOnLowerRung(kit, channel, { lowLatencyMode });
    const before = (await picturesSeen(page)).at(-1);
    process.kill(workerPids(server)[0], 'SIGKILL');
    await until('the picture 8 s on', async () =>
      (await picturesSeen(page)).at(-1).number > before.number + 8 * 30, { timeout: 20_000 });
    await noFatalErrors(page);
    const freeze = longestFreeze(await picturesSeen(page));
    assert.ok(freeze < 1000 * (GOP_S + 1) * slow, `the picture stood still for ${freeze} ms`);
  });
}

story('a player moves to the source when transcoding is given up', async (kit) => {
  const server = await kit.server();
  const channel = await clockChannel(kit);
  const page = await openOnLowerRung(kit, channel, {});
  await killWorkersUntilGivenUp(server);
  await untilWidth(page, SOURCE);
  const { number } = (await picturesSeen(page)).at(-1);
  await until('the picture 5 s on', async () => (await picturesSeen(page)).at(-1).number > number + 5 * 30, { timeout: 20_000 });
  await noFatalErrors(page);
  const freeze = longestFreeze(await picturesSeen(page));
  assert.ok(freeze < 1000 * (GOP_S + 1) * slow, `the picture stood still for ${freeze} ms`);
}, { timeout: 90_000 });
