// SPDX-License-Identifier: Apache-2.0
// What users write behind the stream key.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { story } from './support/story.mjs';

story('keyframeInterval sets the length of segments', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { latencyMode: 'NORMAL' });
  kit.encoder(`${channel.rtmpUrl}?keyframeInterval=4`, { gop: 1, size: '320x180' });
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'three segments', (p) => p.segments.length >= 3, 30_000);
  assert.equal(playlist.targetDuration, 4);
  for (const { duration } of playlist.segments) assert.ok(Math.abs(duration - 4) < 0.05, `a segment of ${duration} s`);
});

story('keyframeInterval has no effect on types that set their own keyframes', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'ADVANCED_SD' });
  kit.encoder(`${channel.rtmpUrl}?keyframeInterval=4`, { gop: 1, size: '320x180' });
  const [variant] = await untilLive(channel, 30_000);
  assert.equal((await untilPlaylist(variant.url, 'a segment', (p) => p.segments.length)).targetDuration, 2);
  assert.match(server.log, /keyframeInterval has no effect: type=ADVANCED_SD/);
});

story('a keyframeInterval that cannot be is refused', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(`${channel.rtmpUrl}?keyframeInterval=7`, { seconds: 10, before: ['-loglevel', 'verbose'] });
  await encoder.ended;
  assert.match(encoder.log, /keyframeInterval must be a whole number from 2 to 6/);
});

story('a bandwidth test is measured and never goes live', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  const test = kit.encoder(`${channel.rtmpUrl}?bandwidthtest=1`, { seconds: 6, gop: 1 });
  const live = kit.encoder(channel.rtmpUrl, { size: '320x180' }); // nobody is in its way
  await untilLive(channel);
  await test.ended;
  assert.equal(test.code, 0, 'the test is taken to its end');
  const [, seconds, videoBps, audioBps, fps] = server.log.match(
    /bandwidth test: channel=\S+ seconds=([\d.]+) video_bps=(\d+) audio_bps=(\d+) fps=([\d.]+) slowest_bps=\d+/).map(Number);
  assert.ok(seconds > 4.5 && seconds < 9, `${seconds} s`);
  assert.ok(videoBps > 100_000 && videoBps < 2_000_000, `${videoBps} b/s`);
  assert.ok(audioBps > 20_000, `${audioBps} b/s`);
  assert.ok(fps > 20 && fps < 40, `${fps} fps`);
  await live.stop('SIGINT');

  const alone = kit.encoder(`${channel.rtmpUrl}?bandwidthtest=1`, { seconds: 5 });
  await alone.ended;
  assert.equal(await getStream(kit.ivs(), channel), null);
  assert.equal((await fetch(channel.playbackUrl)).status, 404);
});
