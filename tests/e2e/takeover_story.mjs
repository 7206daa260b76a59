// SPDX-License-Identifier: Apache-2.0
// A second encoder with a higher priority takes a running broadcast over: same stream, same URLs,
// no discontinuity, and the players go on.
import assert from 'node:assert/strict';

import { untilPlaying } from './support/browser.mjs';
import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const VERBOSE = ['-loglevel', 'verbose'];
const BLUE = 'color=c=blue:s=640x360:r=30';

// [red, green, blue] of the middle of the picture.
const middle = (page) => page.evaluate(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 3, height: 3 });
  const context = canvas.getContext('2d');
  context.drawImage(document.querySelector('video'), 0, 0, 3, 3);
  return [...context.getImageData(1, 1, 1, 1).data.slice(0, 3)];
});

const isBlue = ([red, green, blue]) => blue > 180 && red < 60 && green < 60;

// Counts, in the page, how long the picture stood still at most.
const watchStills = (page) => page.evaluate(() => {
  const video = document.querySelector('video');
  let last = performance.now();
  window.longestStill = 0;
  const onFrame = (now) => {
    window.longestStill = Math.max(window.longestStill, now - last);
    last = now;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
});

// The longest time between two packets of a track, in seconds.
const longestStep = (packets) => Math.max(...packets.slice(1).map((packet, i) => packet.dts - packets[i].dts));

for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
  story(`viewers of ${containerFormat} do not notice a takeover`, async (kit) => {
    const server = await kit.server();
    const ivs = kit.ivs();
    const channel = await createChannel(kit, { containerFormat });
    const first = kit.encoder(channel.rtmpUrl);
    const [variant] = await untilLive(channel);
    const { streamId } = await getStream(ivs, channel);
    const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
    await untilPlaying(page);
    await watchStills(page);

    kit.encoder(`${channel.rtmpUrl}?priority=1`, { source: BLUE });
    await first.ended;
    await until('the other picture', async () => isBlue(await middle(page)));
    const playlist = await untilPlaylist(variant.url, 'segments of both', (p) => p.mediaSequence + p.segments.length >= 8);

    assert.equal((await getStream(ivs, channel)).streamId, streamId);
    assert.doesNotMatch(playlist.text, /EXT-X-DISCONTINUITY/);
    assert.match(server.log, /stream takeover: stream=\S+ priority=1 takeovers=1/);
    const { errors, longestStill } = await page.evaluate(() => ({ errors: window.errors, longestStill: window.longestStill }));
    assert.deepEqual(errors.filter((error) => error.fatal), []);
    assert.ok(longestStill < 1500, `the picture stood still for ${longestStill} ms`);

    const extension = containerFormat === 'TS' ? 'ts' : 'mp4';
    const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist), extension));
    for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
    assert.ok(longestStep(video) < 0.051, `pictures ${longestStep(video)} s apart`);
    assert.ok(longestStep(audio) < 0.2, `sound ${longestStep(audio)} s apart`);
    const seconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
    assert.ok(Math.abs(video.length - 30 * seconds) <= 2, `${video.length} pictures in ${seconds} s`);
  }, { timeout: 90_000 });
}

async function refusal(kit, url, settings) {
  const encoder = kit.encoder(url, { seconds: 15, before: VERBOSE, ...settings });
  await encoder.ended;
  return encoder.log;
}

story('a takeover that is not allowed leaves the running broadcast alone', async (kit) => {
  const server = await kit.server({ options: ['--quota', 'takeovers-per-stream=1'] });
  const channel = await createChannel(kit);
  const first = kit.encoder(`${channel.rtmpUrl}?priority=7`);
  const [variant] = await untilLive(channel);

  await refusal(kit, `${channel.rtmpUrl}?priority=7`);
  await refusal(kit, `${channel.rtmpUrl}?priority=2147483648`);
  assert.equal(server.log.match(/takeover failure: stream=\S+ code=StreamTakeoverInvalidPriority/g).length, 2);
  await refusal(kit, `${channel.rtmpUrl}?priority=8`, { size: '320x180' });
  assert.match(server.log, /takeover failure: stream=\S+ code=StreamTakeoverMediaMismatch/);
  assert.match(await refusal(kit, channel.rtmpUrl), /Another encoder is live/);
  assert.ok(first.isRunning);

  const second = kit.encoder(`${channel.rtmpUrl}?priority=8`);
  await first.ended;
  await refusal(kit, `${channel.rtmpUrl}?priority=9`);
  assert.match(server.log, /takeover failure: stream=\S+ code=StreamTakeoverLimitBreached/);
  assert.ok(second.isRunning);
  const { text } = await untilPlaylist(variant.url, 'more segments', (p) => p.mediaSequence + p.segments.length >= 8);
  assert.doesNotMatch(text, /EXT-X-DISCONTINUITY/);
}, { timeout: 90_000 });

story('a takeover passes through the ladder', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const first = kit.encoder(channel.rtmpUrl);
  const variants = await untilLive(channel);
  assert.ok(variants.length > 1, 'there are other renditions than the source');
  kit.encoder(`${channel.rtmpUrl}?priority=1`, { source: BLUE });
  await first.ended;
  for (const { url } of variants) {
    const playlist = await untilPlaylist(url, 'segments of both', (p) => p.mediaSequence + p.segments.length >= 8);
    assert.doesNotMatch(playlist.text, /EXT-X-DISCONTINUITY|GAP/);
    const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
    for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
    assert.ok(longestStep(video) < 0.051, `pictures ${longestStep(video)} s apart in ${url}`);
    assert.ok(longestStep(audio) < 0.2, `sound ${longestStep(audio)} s apart in ${url}`);
  }
}, { timeout: 90_000 });
