// SPDX-License-Identifier: Apache-2.0
// A player that goes from rung to rung: the clock in the picture tells whether anything jumped.
import assert from 'node:assert/strict';

import { openBrowser, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive } from './support/channel.mjs';
import { startClock } from './support/clock.mjs';
import { story } from './support/story.mjs';
import { letItRun, until } from './support/wait.mjs';

// In the page: plays on while the level changes every `ms`, and reads every frame that is shown.
async function switchLevels({ levels, ms }) {
  const video = document.querySelector('video');
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 40 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const seen = [];
  let waits = 0;
  const onWaiting = () => { waits += 1; };
  const onFrame = (_, { mediaTime }) => {
    context.drawImage(video, 0, 0, 640, 360);
    const pixels = context.getImageData(0, 0, 640, 40).data;
    let number = 0;
    for (let bit = 0; bit < 32; bit += 1) number = number * 2 + (pixels[4 * (30 * 640 + bit * 20 + 10)] > 125 ? 1 : 0);
    seen.push({ number, mediaTime, width: video.videoWidth });
    video.requestVideoFrameCallback(onFrame);
  };
  video.addEventListener('waiting', onWaiting);
  video.requestVideoFrameCallback(onFrame);
  for (const level of levels) {
    window.hls.nextLevel = level;
    await new Promise((resolve) => { setTimeout(resolve, ms); });
  }
  video.removeEventListener('waiting', onWaiting);
  return { seen, waits, errors: window.errors, volume: video.volume };
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

    const { seen, waits, errors } = await page.evaluate(switchLevels, { levels: [0, 1, 0, 1, 0], ms: 4000 });
    const widths = seen.map((frame) => frame.width);
    const switches = widths.filter((width, i) => i && width !== widths[i - 1]).length;
    assert.deepEqual([...new Set(widths)].sort(), [284, 640], 'both renditions were shown');
    assert.ok(switches >= 3, `${switches} switches were seen`);
    assert.equal(waits, 0, 'the player never waited');
    assert.deepEqual(errors.filter((error) => error.fatal || error.details === 'bufferStalledError'), []);
    for (const [i, frame] of seen.entries()) {
      if (!i) continue;
      assert.ok(frame.number > seen[i - 1].number, `frame ${frame.number} after ${seen[i - 1].number}`);
      // A frame that the browser skips is skipped by both clocks.
      const jump = (frame.number - seen[0].number) / 30 - (frame.mediaTime - seen[0].mediaTime);
      assert.ok(Math.abs(jump) < 0.05, `the picture is ${jump} s away from where the media time puts it`);
    }
  }, { timeout: 90_000 });
}
