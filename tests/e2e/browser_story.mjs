// SPDX-License-Identifier: Apache-2.0
// Browsers play it: hls.js from a page of another origin, and <video> alone, as in Safari.
import assert from 'node:assert/strict';

import { observe, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { story } from './support/story.mjs';
import { letItRun, slow, until } from './support/wait.mjs';

async function goLive(kit, input) {
  await kit.server();
  const channel = await createChannel(kit, input);
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  return { channel, browser: await kit.browser() };
}

function assertMoves(seen, seconds) {
  assert.ok(seen.changes > 8 * seconds, `the picture moves: ${JSON.stringify(seen)}`);
  assert.ok(seen.advanced > 0.9 * seconds, `the media goes on: ${JSON.stringify(seen)}`);
  assert.ok(seen.peak > 0.02, `the tone is heard: ${JSON.stringify(seen)}`);
}

story('hls.js plays a LOW channel with picture, sound and low latency', async (kit) => {
  const { channel, browser } = await goLive(kit);
  const page = await browser.hlsPage(channel.playbackUrl);
  await untilPlaying(page);
  await until('the player to have caught up', () => page.evaluate(() => window.hls.latency < 2), { timeout: 15_000 });
  const seen = await observe(page, 5000);
  assertMoves(seen, 5);
  const { latency, byClock, isLowLatency, errors } = await page.evaluate(() => ({
    latency: window.hls.latency, byClock: (Date.now() - window.hls.playingDate) / 1000,
    isLowLatency: window.hls.levels[window.hls.currentLevel].details.partList?.length > 0, errors: window.errors,
  }));
  assert.ok(isLowLatency, 'it plays parts');
  assert.ok(latency < 2 * slow && byClock < 2 * slow, `latency ${latency}, by the clock ${byClock}`);
  assert.deepEqual(errors.filter((error) => error.fatal), []);
});

story('hls.js plays a NORMAL channel', async (kit) => {
  const { channel, browser } = await goLive(kit, { latencyMode: 'NORMAL' });
  const page = await browser.hlsPage(channel.playbackUrl);
  await untilPlaying(page);
  await letItRun(1000);
  assertMoves(await observe(page, 4000), 4);
});

// Chromium's own player gives up on a live playlist of less than three segments, whoever made it
// ("Segment queue never had any data"); it is not for the server to wait for more.
for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
  story(`a <video> element plays ${containerFormat} without any script`, async (kit) => {
    const { channel, browser } = await goLive(kit, { containerFormat });
    const [variant] = await untilLive(channel);
    await untilPlaylist(variant.url, 'three segments', (playlist) => playlist.segments.length >= 3);
    const page = await browser.nativePage(channel.playbackUrl);
    await untilPlaying(page);
    await letItRun(1000);
    assertMoves(await observe(page, 4000), 4);
  });
}
