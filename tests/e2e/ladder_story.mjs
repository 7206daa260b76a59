// SPDX-License-Identifier: Apache-2.0
// A STANDARD channel becomes a ladder: every rung cut alike, and a worker that dies costs a moment.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { commonSegments, probeRungs } from './support/rungs.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';
import { killWorkersUntilGivenUp, metric, workerPids } from './support/workers.mjs';

const numbered = (playlist) => playlist.segments.map((segment, i) => ({ ...segment, number: playlist.mediaSequence + i }));

const shapeOf = (media) => {
  const { width, height, profile } = media.streams.find((stream) => stream.codec_type === 'video');
  return [width, height, profile];
};
const keyTimes = (media) => tracksOf(media).video.filter((packet) => packet.isKey).map((packet) => packet.pts.toFixed(3));

for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
  story(`480p becomes three rungs that are cut alike (${containerFormat})`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit, { type: 'STANDARD', containerFormat });
    kit.encoder(channel.rtmpUrl, { size: '854x480', bitrate: '1200k', gop: 2 });
    const variants = await untilLive(channel);
    assert.deepEqual(variants.map((variant) => variant.RESOLUTION), ['854x480', '640x360', '284x160']);
    assert.ok(variants.every((variant) => /^avc1\.4D401F,mp4a\.40\.2$/.test(variant.CODECS)));

    const playlists = await commonSegments(variants, 3);
    const [reference] = playlists;
    const media = await probeRungs(playlists, containerFormat);
    for (const [i, one] of media.entries()) {
      const { video, audio } = tracksOf(one);
      assert.equal(one.errors, '');
      assert.equal(shapeOf(one)[2], 'Main');
      for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined, 'decode times only grow');
      assert.ok(video.every((packet) => packet.pts === packet.dts), 'no B-frames');
      assert.equal(video.length, tracksOf(media[0]).video.length, 'as many pictures as the first rung');
      assert.deepEqual(keyTimes(one), keyTimes(media[0]), 'keyframes at the same times');
      const offset = audio[0].pts - video[0].pts;
      assert.ok(Math.abs(offset) < 0.06, `sound starts ${offset} s behind the picture of rung ${i}`);
      assert.deepEqual(playlists[i].segments.map((s) => s.duration), reference.segments.map((s) => s.duration));
    }
    assert.deepEqual(media.map((one) => shapeOf(one).slice(0, 2)), [[854, 480], [640, 360], [284, 160]]);
  });
}

// What is left of the rung, and the source beside it, once a worker has been lost.
async function loseWorker(kit, signal) {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  kit.encoder(channel.rtmpUrl);
  const variants = await untilLive(channel); // 360p: the source, and 160p
  assert.equal(variants.length, 2);
  const [source, rung] = variants;
  await untilPlaylist(rung.url, 'the rung', (playlist) => playlist.segments.length >= 3);

  const [worker] = workerPids(server);
  process.kill(worker, signal);
  const before = await fetchMedia(rung.url);
  const next = before.mediaSequence + before.segments.length;
  const after = await untilPlaylist(rung.url, 'six more whole segments of the rung', (playlist) => {
    const whole = numbered(playlist).filter((segment) => segment.number >= next && !segment.isGap);
    return whole.length >= 6 && whole;
  }, 30_000);
  assert.deepEqual(workerPids(server).filter((pid) => pid === worker), [], 'the worker is gone');
  const late = numbered(after).filter((segment) => segment.number >= next && !segment.isGap).slice(-4);
  const { video } = tracksOf(await probeBytes(await fetchSegments(after, late)));
  assert.ok(video.length >= 29 * late.length, `${video.length} frames in ${late.length} segments of 1 s`);
  assert.equal(firstStepBack(video), undefined);
  assert.equal(await metric(server, 'weir_transcode_worker_losses_total'), 1);

  const whole = await fetchMedia(source.url);
  const { video: pictures } = tracksOf(await probeBytes(await fetchSegments(whole)));
  const seconds = whole.segments.reduce((sum, segment) => sum + segment.duration, 0);
  assert.ok(Math.abs(pictures.length - 30 * seconds) <= 1, 'the source misses no frame');
  return { gaps: numbered(after).filter((segment) => segment.isGap).length };
}

story('a worker that is killed costs the rungs a moment and the source nothing', async (kit) => {
  const { gaps } = await loseWorker(kit, 'SIGKILL');
  assert.ok(gaps <= 2, `${gaps} segments are missing`);
});

story('a worker that hangs is replaced', async (kit) => {
  const { gaps } = await loseWorker(kit, 'SIGSTOP');
  assert.ok(gaps <= 8, `${gaps} segments are missing`);
});

story('after five crashes in a minute the rungs are withdrawn and the source goes on', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  kit.encoder(channel.rtmpUrl);
  const [source] = await untilLive(channel);
  assert.equal(await killWorkersUntilGivenUp(server), 5);
  assert.match(server.log, /transcoding given up: reason=The transcoder crashed too often/);
  const [left, ...others] = await until('the rungs to be withdrawn', async () => {
    const variants = await untilLive(channel);
    return variants.length === 1 && variants;
  });
  assert.deepEqual([left.url, others.length], [source.url, 0]);
  const { mediaSequence, segments } = await fetchMedia(source.url);
  const on = await untilPlaylist(source.url, 'more of the source', (playlist) =>
    playlist.mediaSequence + playlist.segments.length >= mediaSequence + segments.length + 3);
  assert.equal(on.segments.some((segment) => segment.isGap || segment.isDiscontinuity), false);
  assert.deepEqual(workerPids(server), []);
});
