// SPDX-License-Identifier: Apache-2.0
// A channel with containerFormat FRAGMENTED_MP4: ffprobe and hls.js agree with its segments.
import assert from 'node:assert/strict';

import { observe, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchBytes, fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';

story('fragmented MP4 holds every frame and sample', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { containerFormat: 'FRAGMENTED_MP4' });
  kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'six segments', (p) => p.segments.length >= 6);
  assert.ok(playlist.map, 'there is an EXT-X-MAP');
  assert.ok(playlist.version >= 6);
  const media = await probeBytes(await fetchSegments(playlist), 'mp4');
  const { video, audio } = tracksOf(media);
  const seconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
  assert.equal(media.errors, '');
  assert.ok(Math.abs(video.length - 30 * seconds) <= 1, `${video.length} frames in ${seconds} s`);
  assert.ok(Math.abs(audio.length - (48000 / 1024) * seconds) <= 4);
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
  assert.ok(Math.abs(video[0].pts - audio[0].pts) < 0.06);
  // A part is playable with the init section alone.
  const part = playlist.segments.at(-1).parts[0];
  const alone = await probeBytes(Buffer.concat([await fetchBytes(playlist.map), await fetchBytes(part.url)]), 'mp4');
  assert.ok(tracksOf(alone).video.length >= 8);
});

story('hls.js plays fragmented MP4 parts with picture and sound', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { containerFormat: 'FRAGMENTED_MP4' });
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
  await untilPlaying(page);
  const seen = await observe(page, 4000);
  assert.ok(seen.changes > 30, JSON.stringify(seen));
  assert.ok(seen.peak > 0.02, 'the tone is heard');
});
