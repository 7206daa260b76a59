// SPDX-License-Identifier: Apache-2.0
// The watch page: picture within seconds, sound on request, honest numbers, and it comes back by
// itself. WEIR_SCREENSHOTS=folder keeps what it looked like.
import assert from 'node:assert/strict';
import path from 'node:path';

import { observe, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive, untilOffline } from './support/channel.mjs';
import { story } from './support/story.mjs';
import { slow, until } from './support/wait.mjs';

const watchUrl = (kit, channel) => `${kit.lastServer.http}/watch/${channel.id}`;
const text = (page, id) => page.locator(`#${id}`).textContent();

async function screenshot(page, name) {
  if (process.env.WEIR_SCREENSHOTS) await page.screenshot({ path: path.join(process.env.WEIR_SCREENSHOTS, `${name}.png`) });
}

story('the picture is there within 3 seconds, and the sound with one press', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const page = await (await kit.browser()).page(watchUrl(kit, channel));
  const ms = await untilPlaying(page);
  assert.ok(ms < 3000 * slow, `${ms} ms until the picture`);
  assert.equal(await page.evaluate(() => document.querySelector('video').muted), true);

  await page.locator('#unmute').click();
  const seen = await observe(page, 4000);
  assert.ok(seen.changes > 30 && seen.peak > 0.02, JSON.stringify(seen));
  assert.equal(await page.locator('#unmute').isVisible(), false);
  assert.equal(await text(page, 'state'), 'Live');
  assert.equal(await text(page, 'resolution'), '640 × 360');
  await until('a latency under 2 s', async () => parseFloat(await text(page, 'latency')) < 2 * slow);
  assert.match(await text(page, 'bitrate'), /Mb\/s|kb\/s/);
  assert.match(await text(page, 'dropped'), /^\d+ of \d+$/);
  await screenshot(page, 'watch-desktop');
});

story('everything can be done from the keyboard', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const page = await (await kit.browser()).page(watchUrl(kit, channel));
  await untilPlaying(page);
  const video = (name) => page.evaluate((property) => document.querySelector('video')[property], name);
  await page.keyboard.press('m');
  assert.equal(await video('muted'), false);
  await page.keyboard.press('k');
  assert.equal(await video('paused'), true);
  await page.keyboard.press('k');
  assert.equal(await video('paused'), false);
  const reached = new Set();
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.id));
  }
  for (const id of ['play', 'mute', 'volume', 'live', 'fullscreen', 'copy']) assert.ok(reached.has(id), `${id} is reached by Tab`);
});

story('the page waits for a broadcast, ends with it, and plays the next', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const page = await (await kit.browser()).page(watchUrl(kit, channel), { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await until('the page to say that it waits', async () => (await text(page, 'state')) === 'Offline');
  await screenshot(page, 'watch-phone-offline');

  const first = kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  await untilPlaying(page);
  await screenshot(page, 'watch-phone');
  const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(isTooWide, false, 'nothing sticks out on a phone');

  await first.stop('SIGINT');
  await untilOffline(channel);
  await until('the page to notice the end', async () => (await text(page, 'state')) === 'Offline', { timeout: 20_000 });
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  await until('the page to play again', async () => (await text(page, 'state')) === 'Live', { timeout: 20_000 });
  assert.ok((await observe(page, 2000)).changes > 30);
}, { timeout: 90_000 });

story('a player follows an encoder that reconnects, without a reload', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const page = await (await kit.browser()).page(watchUrl(kit, channel));
  await untilPlaying(page);
  await page.evaluate(() => { window.isSamePage = true; });
  await encoder.stop('SIGKILL'); // no goodbye: the grace begins
  await until('the picture to stop', async () => (await observe(page, 600)).frames === 0, { timeout: 15_000 });
  await screenshot(page, 'watch-paused');
  kit.encoder(channel.rtmpUrl);
  await until('the picture to move again', async () => (await observe(page, 1000)).changes > 15, { timeout: 20_000 });
  await until('live again', async () => (await text(page, 'state')) === 'Live');
  assert.equal(await page.evaluate(() => window.isSamePage), true);
  await until('a low latency again', async () => parseFloat(await text(page, 'latency')) < 3 * slow, { timeout: 20_000 });
}, { timeout: 90_000 });
