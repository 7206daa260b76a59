// SPDX-License-Identifier: Apache-2.0
// Encoders that do not keep time, and one whose picture changes its size, in front of a ladder.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';
import { eventCount, metric, workerPids } from './support/workers.mjs';

const secondsOf = (segments) => segments.reduce((sum, segment) => sum + segment.duration, 0);
const whole = (playlist) => playlist.segments.filter((segment) => !segment.isGap);

async function checkPictures(playlist, segments, fps = 30) {
  const { video } = tracksOf(await probeBytes(await fetchSegments(playlist, segments)));
  assert.equal(firstStepBack(video), undefined);
  assert.ok(Math.abs(video.length - fps * secondsOf(segments)) <= 1, `${video.length} pictures in ${secondsOf(segments)} s`);
}

story('an encoder at twice real time is taken as it comes', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const file = await makeMediaFile(kit, { size: '640x360', seconds: 30, bitrate: '600k' });
  const sender = sendMediaFile(kit, channel.rtmpUrl, file, { pace: ['-readrate', '2'] });
  const [source, rung] = await untilLive(channel);
  const began = Date.now();
  await sender.ended;
  assert.ok(Date.now() - began < 20_000, 'nobody slowed it down');
  for (const variant of [source, rung]) {
    const playlist = await untilPlaylist(variant.url, 'the end', (p) => p.isEnded);
    const segments = whole(playlist);
    assert.ok(secondsOf(segments) > 25, `${secondsOf(segments)} s of ${variant.RESOLUTION}`);
    await checkPictures(playlist, segments.slice(-10));
  }
  assert.equal(await eventCount(server, 'Stream Failure'), 0);
});

story('an encoder that stalls is starving, and goes on where it was', async (kit) => {
  const server = await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const encoder = kit.encoder(channel.rtmpUrl);
  const [, rung] = await untilLive(channel);
  await untilPlaylist(rung.url, 'the rung', (playlist) => playlist.segments.length >= 2);
  const [worker] = workerPids(server);
  encoder.signalNow('SIGSTOP');
  await until('starvation', async () => (await getStream(ivs, channel))?.health === 'STARVING');
  encoder.signalNow('SIGCONT');
  await until('health', async () => (await getStream(ivs, channel)).health === 'HEALTHY', { timeout: 25_000 });
  const playlist = await untilPlaylist(rung.url, 'ten segments', (p) => p.segments.length >= 10);
  assert.deepEqual(workerPids(server), [worker], 'the same worker');
  assert.equal(await metric(server, 'weir_transcode_worker_losses_total'), 0);
  assert.equal(await eventCount(server, 'Starvation Start'), 1);
  assert.equal(await eventCount(server, 'Starvation End'), 1);
  assert.equal(playlist.segments.some((segment) => segment.isDiscontinuity), false);
  await checkPictures(playlist, whole(playlist).slice(0, -1));
}, { timeout: 90_000 });

story('a picture that changes its size: a discontinuity in every rung', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const first = kit.encoder(channel.rtmpUrl, { size: '640x360' });
  const variants = await untilLive(channel);
  await untilPlaylist(variants[1].url, 'the rung', (playlist) => playlist.segments.length >= 2);
  const [worker] = workerPids(server);
  await first.stop('SIGKILL');
  kit.encoder(channel.rtmpUrl, { size: '360x640' }); // a phone was turned: the same renditions
  const behind = await Promise.all(variants.map((variant) => untilPlaylist(variant.url, 'what is behind the change', (playlist) => {
    const at = playlist.segments.findIndex((segment) => segment.isDiscontinuity);
    return at > 0 && whole({ segments: playlist.segments.slice(at) }).length >= 3;
  }, 30_000)));
  const numbers = behind.map((playlist) => playlist.mediaSequence + playlist.segments.findIndex((segment) => segment.isDiscontinuity));
  assert.equal(new Set(numbers).size, 1, 'at the same segment');
  for (const [i, playlist] of behind.entries()) {
    const at = playlist.segments.findIndex((segment) => segment.isDiscontinuity);
    const after = whole({ segments: playlist.segments.slice(at) }).slice(0, 3);
    const { streams } = await probeBytes(await fetchSegments(playlist, after));
    const { width, height } = streams.find((stream) => stream.codec_type === 'video');
    assert.equal(`${width}x${height}`, ['360x640', '160x284'][i]);
    await checkPictures(playlist, after);
  }
  assert.notEqual(workerPids(server)[0], worker, 'another worker');
  assert.equal((await fetchMedia(variants[0].url)).isEnded, false);
});
