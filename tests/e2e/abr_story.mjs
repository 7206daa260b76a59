// SPDX-License-Identifier: Apache-2.0
// A player that goes from rung to rung: the clock in the picture tells whether anything jumped.
import assert from 'node:assert/strict';

import { openBrowser, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive } from './support/channel.mjs';
import { largestJump, picturesSeen, startClock, watchClock } from './support/clock.mjs';
import { story } from './support/story.mjs';
import { letItRun, until } from './support/wait.mjs';

// In the page: plays on while the level changes every `ms`.
async function switchLevels({ levels, ms }) {
  const video = document.querySelector('video');
  let waits = 0;
  const onWaiting = () => { waits += 1; };
  video.addEventListener('waiting', onWaiting);
  for (const level of levels) {
    window.hls.nextLevel = level;
    await new Promise((resolve) => { setTimeout(resolve, ms); });
  }
  video.removeEventListener('waiting', onWaiting);
  return { waits, errors: window.errors };
}

for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
  story(`hls.js goes down and up the ladder without a jump (${containerFormat})`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit, { type: 'STANDARD', containerFormat });
    kit.onEnd(startClock(channel.rtmpUrl));
    const variants = await untilLive(channel);
    assert.equal(variants.length, 2);
    const browser = await openBrowser();
    kit.onEnd(() => browser.close());
    const page = await browser.hlsPage(channel.playbackUrl, { maxLiveSyncPlaybackRate: 1, liveSyncDurationCount: 3, lowLatencyMode: false });
    await untilPlaying(page);
    await until('both levels', () => page.evaluate(() => window.hls.levels.length === 2));
    await letItRun(1000); // a buffer to switch in

    await watchClock(page);
    const { waits, errors } = await page.evaluate(switchLevels, { levels: [0, 1, 0, 1, 0], ms: 4000 });
    const seen = await picturesSeen(page);
    const widths = seen.map((frame) => frame.width);
    const switches = widths.filter((width, i) => i && width !== widths[i - 1]).length;
    assert.deepEqual([...new Set(widths)].sort(), [284, 640], 'both renditions were shown');
    assert.ok(switches >= 3, `${switches} switches were seen`);
    assert.equal(waits, 0, 'the player never waited');
    assert.deepEqual(errors.filter((error) => error.fatal || error.details === 'bufferStalledError'), []);
    assert.ok(seen.every(({ number }, i) => !i || number > seen[i - 1].number), 'no picture comes twice');
    assert.ok(largestJump(seen) < 0.05, `the picture is ${largestJump(seen)} s away from where the media time puts it`);
  }, { timeout: 90_000 });
}
