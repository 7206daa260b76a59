// SPDX-License-Identifier: Apache-2.0
// A STANDARD channel becomes a ladder: every rung cut alike, and a worker that dies costs a moment.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const startWhere = (playlist, number) => playlist.segments.filter((segment) => segment.number >= number);

// The segments that all rungs have, as { number, url, duration }, for each rung.
async function commonSegments(variants, count) {
  const playlists = await until(`${count} segments of every rung`, async () => {
    const all = await Promise.all(variants.map((variant) => fetchMedia(variant.url)));
    return all.every((playlist) => playlist.segments.length >= count) && all;
  }, { timeout: 40_000, interval: 200 });
  const first = Math.max(...playlists.map((playlist) => playlist.mediaSequence));
  return playlists.map((playlist) => ({
    ...playlist,
    segments: playlist.segments.slice(first - playlist.mediaSequence).slice(0, count),
  }));
}

const shapeOf = (media) => {
  const { width, height, profile } = media.streams.find((stream) => stream.codec_type === 'video');
  return [width, height, profile];
};
const keyTimes = (media) => tracksOf(media).video.filter((packet) => packet.isKey).map((packet) => packet.pts.toFixed(3));

function workerPids(serverPid) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\) \S (\d+)/);
      return Number(parent) === serverPid;
    } catch { return false; }
  });
}

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
    const extension = containerFormat === 'TS' ? 'ts' : 'mp4';
    const media = await Promise.all(playlists.map(async (playlist) => probeBytes(await fetchSegments(playlist), extension)));
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

story('a worker that is killed costs the rungs a moment and the source nothing', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  kit.encoder(channel.rtmpUrl);
  const variants = await untilLive(channel); // 360p: the source, and 160p
  assert.equal(variants.length, 2);
  const [source, rung] = variants;
  await untilPlaylist(rung.url, 'the rung', (playlist) => playlist.segments.length >= 3);

  const [worker] = workerPids(server.child.process.pid);
  process.kill(worker, 'SIGKILL');
  const before = await fetchMedia(rung.url);
  const next = before.mediaSequence + before.segments.length;
  const after = await untilPlaylist(rung.url, 'six more segments of the rung', (playlist) => {
    return playlist.mediaSequence + playlist.segments.length >= next + 6;
  });
  const late = startWhere({ segments: after.segments.map((s, i) => ({ ...s, number: after.mediaSequence + i })) }, next + 3);
  const { video } = tracksOf(await probeBytes(await fetchSegments(after, late)));
  assert.ok(video.length >= 29 * late.length, `${video.length} frames in ${late.length} segments of 1 s`);
  assert.equal(firstStepBack(video), undefined);

  const whole = await fetchMedia(source.url);
  const { video: pictures } = tracksOf(await probeBytes(await fetchSegments(whole)));
  const seconds = whole.segments.reduce((sum, segment) => sum + segment.duration, 0);
  assert.ok(Math.abs(pictures.length - 30 * seconds) <= 1, 'the source misses no frame');
});
