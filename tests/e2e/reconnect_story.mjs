// SPDX-License-Identifier: Apache-2.0
// The encoder's network breaks: within the grace it resumes the same stream, later it is a new one.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive, untilOffline, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

story('an encoder that comes back within the grace resumes the stream', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const first = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const before = await untilPlaylist(variant.url, 'three segments', (p) => p.segments.length >= 3);
  const { streamId } = await getStream(ivs, channel);
  await first.stop('SIGKILL');
  assert.equal((await fetch(channel.playbackUrl)).status, 200, 'still on air during the grace');
  assert.equal((await fetchMedia(variant.url)).isEnded, false);

  kit.encoder(channel.rtmpUrl);
  const after = await untilPlaylist(variant.url, 'segments behind a discontinuity', (p) => {
    const at = p.segments.findIndex((segment) => segment.isDiscontinuity);
    return at > 0 && p.segments.length > at + 2;
  });
  assert.equal((await getStream(ivs, channel)).streamId, streamId);
  assert.deepEqual((await untilLive(channel)).map((v) => v.url), [variant.url], 'the URLs stay');
  assert.ok(after.mediaSequence + after.segments.length > before.mediaSequence + before.segments.length);

  const at = after.segments.findIndex((segment) => segment.isDiscontinuity);
  const gap = (after.segments[at].date - after.segments[at - 1].date) / 1000 - after.segments[at - 1].duration;
  assert.ok(gap > 0 && gap < 20, `PROGRAM-DATE-TIME tells the real gap: ${gap} s`);
  const media = await probeBytes(await fetchSegments(after));
  for (const track of Object.values(tracksOf(media))) assert.equal(firstStepBack(track), undefined, 'media time goes on');
});

story('a goodbye ends the stream at once, and the next one is another', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const first = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const { streamId } = await getStream(ivs, channel);
  await first.stop('SIGINT');
  await untilOffline(channel, 5000);
  assert.equal((await fetchMedia(variant.url)).isEnded, true, 'the playlist says that it is over');
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  assert.notEqual((await getStream(ivs, channel)).streamId, streamId);
});

story('an encoder that stays away is given up after the grace', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  await encoder.stop('SIGKILL');
  const start = Date.now();
  await untilOffline(channel, 40_000);
  const seconds = (Date.now() - start) / 1000;
  assert.ok(seconds > 25, `only after ${seconds} s`);
  assert.equal((await fetchMedia(variant.url)).isEnded, true);
  assert.equal(await getStream(ivs, channel), null);
}, { timeout: 90_000 });

story('a frozen encoder gives way to one that sends', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const frozen = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  frozen.signalNow('SIGSTOP'); // the connection stays, nothing comes
  await until('the new encoder to be let in', async () => {
    const next = kit.encoder(channel.rtmpUrl);
    const resumed = await untilPlaylist(variant.url, 'a discontinuity', (p) => p.segments.some((s) => s.isDiscontinuity), 4000).catch(() => null);
    if (!resumed) await next.stop('SIGKILL');
    return resumed;
  }, { timeout: 25_000, interval: 500 });
}, { timeout: 90_000 });
