// SPDX-License-Identifier: Apache-2.0
// What every rung is, in ffprobe's eyes: large sources, odd keyframes, odd shapes.
import assert from 'node:assert/strict';

import { createChannel, untilLive } from './support/channel.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { commonSegments, probeRungs } from './support/rungs.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';
import { metric } from './support/workers.mjs';

const streamOf = (media, kind) => media.streams.find((stream) => stream.codec_type === kind);
const keyTimes = (media) => tracksOf(media).video.filter((packet) => packet.isKey).map((packet) => packet.pts.toFixed(3));
const secondsOf = (playlist) => playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);

const FORMATS = [
  {
    name: '1080p30', size: '1920x1080', fps: 30,
    rungs: ['1920x1080@30', '1280x720@30', '852x480@30', '640x360@30', '284x160@30'],
    sound: [96, 96, 96, 64, 48], // kb/s: the source's, then the rung's own
  },
  {
    name: '720p60', size: '1280x720', fps: 60,
    rungs: ['1280x720@60', '852x480@30', '640x360@30', '284x160@30'],
    sound: [96, 96, 64, 48],
  },
];

function checkRung(media, playlist, expected, reference) {
  const { video, audio } = tracksOf(media);
  const [size, fps] = expected.split('@');
  const { width, height, profile } = streamOf(media, 'video');
  assert.equal(media.errors, '');
  assert.equal(`${width}x${height}`, size);
  assert.equal(profile, 'Main');
  assert.ok(Math.abs(video.length - Number(fps) * secondsOf(playlist)) <= 1, `${video.length} pictures in ${secondsOf(playlist)} s`);
  assert.ok(video.every((packet) => packet.pts === packet.dts), 'no B-frames');
  assert.deepEqual(keyTimes(media), keyTimes(reference), 'keyframes at the same times');
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined, 'decode times only grow');
}

for (const { name, size, fps, rungs, sound } of FORMATS) {
  for (const containerFormat of ['TS', 'FRAGMENTED_MP4']) {
    story(`${name} becomes ${rungs.length} rungs (${containerFormat})`, async (kit) => {
      const server = await kit.server();
      const channel = await createChannel(kit, { type: 'STANDARD', containerFormat });
      // Slowly: what becomes of a picture does not depend on how busy the machine is.
      sendMediaFile(kit, channel.rtmpUrl, await makeMediaFile(kit, { size, fps }), { pace: ['-readrate', '0.35'] });
      const variants = await untilLive(channel);
      assert.deepEqual(variants.map((variant) => `${variant.RESOLUTION}@${Math.round(Number(variant['FRAME-RATE']))}`), rungs);
      const playlists = await commonSegments(variants, 4);
      const media = await probeRungs(playlists, containerFormat);
      for (const [i, one] of media.entries()) {
        checkRung(one, playlists[i], rungs[i], media[0]);
        const bps = tracksOf(one).audio.reduce((sum, packet) => sum + packet.size, 0) * 8 / secondsOf(playlists[i]);
        assert.ok(Math.abs(bps / 1000 / sound[i] - 1) < 0.2, `${bps} bits per second of sound in ${rungs[i]}`);
        assert.deepEqual(playlists[i].segments.map((s) => s.duration), playlists[0].segments.map((s) => s.duration));
      }
      assert.equal(await metric(server, 'weir_transcode_rung_gops_dropped_total'), 0, 'no picture was left out');
    }, { timeout: 90_000 });
  }
}

// --- keyframes that fit no ladder ---

for (const [name, type, settings, first] of [
  ['every 2.5 s', 'ADVANCED_SD', { gop: 2.5 }, 0],
  ['never again', 'STANDARD', { gop: 100 }, 1], // an encoder with intra refresh
]) {
  story(`each segment of an encoded rung begins with a keyframe: the source has one ${name}`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit, { type });
    kit.encoder(channel.rtmpUrl, settings);
    const variants = (await untilLive(channel, 30_000)).slice(first).filter((variant) => variant.RESOLUTION);
    for (const playlist of await commonSegments(variants, 3)) {
      for (const segment of playlist.segments) {
        const { video } = tracksOf(await probeBytes(await fetchSegments(playlist, [segment])));
        assert.ok(video[0].isKey, `segment ${segment.uri}`);
      }
    }
  }, { timeout: 90_000 });
}

// --- unusual sources ---

const SOURCES = [
  { name: 'portrait', encoder: { size: '360x640' }, sizes: ['360x640', '160x284'] },
  { name: 'an odd shape', encoder: { size: '638x362' }, sizes: ['638x362', '634x360', '280x160'] },
  { name: '25 frames per second', encoder: { size: '640x360', fps: 25 }, sizes: ['640x360', '284x160'] },
  { name: '50 frames per second', encoder: { size: '640x360', fps: 50 }, sizes: ['640x360', '284x160'] },
  { name: 'mono', encoder: { size: '640x360', after: ['-ac', '1'] }, sizes: ['640x360', '284x160'], channels: 1 },
  { name: 'no sound', encoder: { size: '640x360', audio: false }, sizes: ['640x360', '284x160'], channels: 0 },
  { name: 'late sound', encoder: { size: '640x360', audioDelay: 3 }, sizes: ['640x360', '284x160'], isLate: true },
];

for (const { name, encoder, sizes, channels = 1, isLate } of SOURCES) {
  story(`unusual sources become rungs: ${name}`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit, { type: 'STANDARD' });
    kit.encoder(channel.rtmpUrl, encoder);
    let variants = await untilLive(channel);
    if (isLate) {
      const [{ url }] = variants;
      variants = await until('the late track\'s new set of URLs', async () => {
        const now = await untilLive(channel);
        return now[0].url !== url && now;
      });
    }
    assert.deepEqual(variants.map((variant) => variant.RESOLUTION), sizes);
    const playlists = await commonSegments(variants, 3);
    const media = await probeRungs(playlists, 'TS');
    for (const [i, one] of media.entries()) {
      const { video, audio } = tracksOf(one);
      const fps = Number(variants[i]['FRAME-RATE']);
      assert.equal(one.errors, '');
      assert.equal(`${streamOf(one, 'video').width}x${streamOf(one, 'video').height}`, sizes[i]);
      assert.ok(Math.abs(video.length - fps * secondsOf(playlists[i])) <= 1, `${video.length} pictures at ${fps} in ${secondsOf(playlists[i])} s`);
      assert.deepEqual(keyTimes(one), keyTimes(media[0]));
      assert.equal(streamOf(one, 'audio')?.channels ?? 0, channels);
      if (channels) assert.ok(Math.abs(audio.at(-1).pts - video.at(-1).pts) < 0.1, 'sound to the end');
    }
  });
}
