// SPDX-License-Identifier: Apache-2.0
// Encoders that do not keep time, and one whose picture changes its size, in front of a ladder.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { readFlv } from './support/flv.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { sendTags } from './support/tag_sender.mjs';
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
    for (const [i, { duration, date }] of playlist.segments.entries()) {
      assert.ok(Math.round(duration) <= playlist.targetDuration, `a segment of ${duration} s`);
      const next = playlist.segments[i + 1]?.date;
      if (date && next) assert.ok(Math.abs(next - date - 1000 * duration) <= 2, 'dates go with the media');
    }
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

// Twenty seconds of media in two, which no worker can follow; before and behind them real time.
const RUSH = { from: 6000, to: 26_000, speed: 10 };

function rushed(ms) {
  if (ms <= RUSH.from) return ms;
  const rush = (Math.min(ms, RUSH.to) - RUSH.from) / RUSH.speed;
  return RUSH.from + rush + Math.max(0, ms - RUSH.to);
}

story('a rung that cannot keep up loses whole GOPs, alone, and recovers', async (kit) => {
  const server = await kit.server({ options: ['--x264-preset', 'medium'] });
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const file = await makeMediaFile(kit, { size: '852x476', seconds: 60, bitrate: '600k', container: 'flv' });
  const { client } = await sendTags(kit, channel.rtmpUrl, readFlv(file), { due: (tag) => rushed(tag.ms) });
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map((variant) => variant.VIDEO), ['476p30', '360p30', '160p30']);
  const dropped = () => metric(server, 'weir_transcode_rung_gops_dropped_total', 'rendition="360p30"');
  await untilPlaylist(variants[0].url, 'five segments', (p) => p.segments.length >= 5);
  const before = await dropped();

  const isWhole = async (playlist) => {
    const last = playlist.segments.slice(-3);
    if (playlist.mediaSequence + playlist.segments.length < RUSH.to / 1000 + 5 || last.some((segment) => segment.isGap)) return false;
    return tracksOf(await probeBytes(await fetchSegments(playlist, last))).video.length === 90;
  };
  const playlists = await until('three whole segments behind the rush', async () => {
    const all = await Promise.all(variants.map((variant) => fetchMedia(variant.url)));
    return (await Promise.all(all.map(isWhole))).every(Boolean) && all;
  }, { timeout: 40_000, interval: 500 });
  const places = ({ mediaSequence, segments }) => new Map(segments.map(({ duration, date }, i) => [mediaSequence + i, `${duration} ${date?.getTime()}`]));
  const [source, rung] = playlists;
  for (const other of playlists.slice(1)) {
    const common = [...places(other)].filter(([number]) => places(source).has(number));
    assert.ok(common.length >= 10, `${common.length} segments of both`);
    for (const [number, place] of common) assert.equal(place, places(source).get(number), `segment ${number}`);
  }
  assert.ok(source.segments.every((segment) => !segment.isGap), 'nothing is missing in the source\'s rung');
  await checkPictures(source, source.segments);
  assert.ok(await dropped() > before);
  const pictures = await Promise.all(rung.segments.map(async (segment) =>
    (segment.isGap ? [] : tracksOf(await probeBytes(await fetchSegments({}, [segment]))).video)));
  assert.ok(pictures.every((some) => !some.length || some[0].isKey), 'what is there can be decoded');
  const counts = pictures.map((some) => some.length);
  assert.ok(counts.includes(0), 'whole segments are missing');
  counts.forEach((count, i) => assert.ok(count === 30 || !count || !counts[i + 1], `from one picture to the next keyframe in time, not ${counts}`));
  assert.equal(await metric(server, 'weir_transcode_worker_losses_total'), 0);
  assert.ok(!client.isClosed);
}, { timeout: 120_000 });
