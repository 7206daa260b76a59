// SPDX-License-Identifier: Apache-2.0
// Every segment says in an ID3 tag which one it is and what time it was: players take their wall
// clock from it. Here hls.js hands the tags to a page as cues of a text track.
import assert from 'node:assert/strict';

import { untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive } from './support/channel.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

// { start, key, value } of each ID3 frame so far, in the order of time.
async function cuesOf(page) {
  return page.evaluate(() => {
    const tracks = [...document.querySelector('video').textTracks].filter((track) => track.kind === 'metadata');
    return tracks.flatMap((track) => [...(track.cues ?? [])]
      .map(({ startTime, value }) => ({ start: startTime, key: value.key, value: value.data, info: value.info })));
  });
}

for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
  story(`players read the tag of each segment in ${containerFormat}`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit, { containerFormat });
    kit.encoder(channel.rtmpUrl);
    await untilLive(channel);
    const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
    await untilPlaying(page);
    const numbers = await until('the tags of four segments', async () => {
      const found = (await cuesOf(page)).filter(({ key }) => key === 'TRCK');
      return found.length >= 4 && found;
    });
    const cues = await cuesOf(page);
    numbers.forEach(({ value, start }, i) => {
      if (i === 0) return;
      assert.equal(Number(value), Number(numbers[i - 1].value) + 1);
      assert.ok(Math.abs(start - numbers[i - 1].start - 1) < 0.1, `segments of a second, tags at ${start}`);
    });
    const { value } = cues.find(({ key, info }) => key === 'TXXX' && info === 'segmentmetadata') ?? {};
    assert.ok(value, `there is JSON among ${JSON.stringify(cues.slice(0, 8))}`);
    const data = JSON.parse(value);
    assert.equal(data.cmd, 'ld_lat_data');
    assert.ok(Math.abs(Date.now() - data.transc_s) < 30_000, `sent at ${data.transc_s}`);
    assert.ok(data.transc_s >= data.ingest_r);
  });
}
