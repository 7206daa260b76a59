// SPDX-License-Identifier: Apache-2.0
// What viewers of each rendition hear: sound with its picture, whatever the encoder makes of sound, and
// no break where a player changes the rung.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { FLASHES, beepsAt, flashesAndBeeps, offsets } from './support/flash_beep.mjs';
import { AUDIO, isHeader, readFlv } from './support/flv.mjs';
import { sendMediaFile } from './support/media_file.mjs';
import { decodeSound, followTone } from './support/pcm.mjs';
import { fetchMedia, fetchVariants } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { commonSegments, extensionOf, fetchRungs, probeRungs } from './support/rungs.mjs';
import { story } from './support/story.mjs';
import { sendTags } from './support/tag_sender.mjs';
import { until } from './support/wait.mjs';

const SECONDS = 16;
const STEP_MAX = 0.002; // what 90 kHz and the samples of AAC frames do not agree in, and more
const VIDEO = ['-c:v', 'libx264', '-preset', 'superfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-b:v', '600k', '-g', '30', '-keyint_min', '30',
  '-bf', '0', '-x264-params', 'scenecut=0'];

const everyVariant = (channel) => fetchVariants(`${channel.playbackUrl}?allow_audio_only=true`);
const secondsOf = (segments) => segments.reduce((sum, segment) => sum + segment.duration, 0);
const endOf = (playlist) => playlist.mediaSequence + playlist.segments.length;
const streamOf = (media, kind) => media.streams.find((stream) => stream.codec_type === kind);

// Sources with flashes and beeps: the pictures are encoded once, the sound as `options` say.
class Clips {
  constructor(kit) {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'weir-sound-'));
    kit.onEnd(async () => rmSync(this.folder, { recursive: true, force: true }));
  }

  async make(name, { rate = 48_000, sound = beepsAt(rate), options = [] } = {}) {
    const pictures = path.join(this.folder, 'pictures.mp4');
    const file = path.join(this.folder, `${name}.flv`);
    const run = async (...args) => {
      const { code, stderr } = await runCommand('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { timeout: 60_000 });
      if (code) throw new Error(`ffmpeg: ${stderr}`);
    };
    this.isReady ??= await run('-f', 'lavfi', '-i', FLASHES, '-t', String(SECONDS), ...VIDEO, pictures).then(() => true);
    await run('-i', pictures, '-f', 'lavfi', '-i', `${sound}:d=${SECONDS}`, '-c:v', 'copy', '-c:a', 'aac', '-b:a', '96k', ...options, file);
    return file;
  }
}

// The flash and its beep: within 20 ms in every rendition, and where they are in the first one.
async function checkSync(playlists, variants, containerFormat, { enough = 4, most = 0.02 } = {}) {
  const found = [];
  for (const bytes of await fetchRungs(playlists)) found.push(await flashesAndBeeps(bytes, extensionOf(containerFormat)));
  for (const [i, { flashes, beeps }] of found.entries()) {
    const name = variants[i].VIDEO;
    const pictures = variants[i].RESOLUTION ? flashes : found[0].flashes;
    const late = offsets(pictures, beeps);
    assert.ok(late.length >= enough, `${late.length} flashes with a beep in ${name}`);
    for (const offset of late) assert.ok(Math.abs(offset) < most, `a flash of ${name} is ${offset} s behind its beep`);
    for (const offset of [...offsets(beeps, found[0].beeps), ...offsets(pictures, found[0].flashes)])
      assert.ok(Math.abs(offset) < 0.02, `${name} is ${offset} s behind ${variants[0].VIDEO}`);
  }
}

story('sound and picture stay together in every rendition', async (kit) => {
  await kit.server();
  const file = await new Clips(kit).make('both');
  const kinds = [['STANDARD', 'TS'], ['STANDARD', 'FRAGMENTED_MP4'], ['ADVANCED_HD', 'TS'], ['ADVANCED_HD', 'FRAGMENTED_MP4']];
  const channels = await Promise.all(kinds.map(([type, containerFormat]) => createChannel(kit, { type, containerFormat })));
  for (const channel of channels) sendMediaFile(kit, channel.rtmpUrl, file);
  const ladders = await Promise.all(channels.map(async (channel) => {
    await untilLive(channel);
    const variants = await everyVariant(channel);
    return { variants, playlists: await commonSegments(variants, 6) };
  }));
  for (const [i, [, containerFormat]] of kinds.entries()) {
    const { variants, playlists } = ladders[i];
    assert.deepEqual(variants.map((variant) => variant.VIDEO), ['360p30', '160p30', 'audio_only']);
    await checkSync(playlists, variants, containerFormat);
  }
}, { timeout: 90_000 });

// --- unusual sound ---

const isSound = (tag) => tag.type === AUDIO && !isHeader(tag);
const random = (tag, below) => (Math.imul(tag.ms, 7919) >>> 3) % below;

// `sound`: [channels, samples per second] of the source's track and of the worker's.
const UNUSUAL = [
  { name: 'mono at 44.1 kHz', clip: { rate: 44_100 }, sound: [[1, 44_100], [1, 44_100]] },
  { name: 'mono at 22.05 kHz', clip: { rate: 22_050 }, sound: [[1, 22_050], [1, 48_000]] },
  { name: 'six channels', clip: { options: ['-ac', '6'] }, sound: [[6, 48_000], [2, 48_000]] },
  { name: 'times that jitter by 20 ms', stamp: (tag) => tag.ms + (isSound(tag) ? random(tag, 41) - 20 : 0) },
  { name: 'times of arrival', stamp: (tag) => tag.ms + (isSound(tag) ? random(tag, 121) - 60 : 0), most: 0.06 },
];

story('unusual sound stays with its picture, too', async (kit) => {
  await kit.server();
  const clips = new Clips(kit);
  for (const one of UNUSUAL) one.tags = readFlv(await clips.make(one.name, one.clip));
  for (const one of UNUSUAL) {
    one.channel = await createChannel(kit, { type: 'STANDARD' });
    await sendTags(kit, one.channel.rtmpUrl, one.tags, one);
  }
  const collected = await Promise.all(UNUSUAL.map(async ({ channel }) => {
    await untilLive(channel);
    const variants = await everyVariant(channel);
    // What comes first may tell what the encoder's clock is like.
    await untilPlaylist(variants[0].url, 'ten segments', (p) => endOf(p) >= 10);
    return { variants, playlists: await commonSegments(variants, 10) };
  }));
  for (const [i, { name, sound = [[1, 48_000], [1, 48_000]], most }] of UNUSUAL.entries()) {
    const { variants, playlists } = collected[i];
    const latter = playlists.map((playlist) => ({ ...playlist, segments: playlist.segments.slice(4) }));
    const media = await probeRungs(latter, 'TS');
    for (const [rung, one] of media.entries()) {
      const { channels, sample_rate: rate } = streamOf(one, 'audio');
      const { audio } = tracksOf(one);
      assert.equal(one.errors, '', name);
      assert.deepEqual([channels, Number(rate)], sound[rung === 1 ? 1 : 0], `${name}: ${variants[rung].VIDEO}`);
      for (const [at, packet] of audio.entries())
        if (at) assert.ok(Math.abs(packet.pts - audio[at - 1].pts - 1024 / rate) < STEP_MAX, `${name}: a hole in ${variants[rung].VIDEO} at ${packet.pts}`);
    }
    await checkSync(latter, variants, 'TS', { most });
  }
}, { timeout: 90_000 });

story('sound that stops holds nothing up, and comes back in its place', async (kit) => {
  await kit.server();
  const tags = readFlv(await new Clips(kit).make('stops')).filter((tag) => tag.type !== AUDIO || tag.ms < 5000 || tag.ms >= 11_000);
  const kinds = [['STANDARD', 'TS'], ['ADVANCED_HD', 'TS']];
  const channels = await Promise.all(kinds.map(([type, containerFormat]) => createChannel(kit, { type, containerFormat })));
  const senders = [];
  for (const channel of channels) senders.push(await sendTags(kit, channel.rtmpUrl, tags));
  const ladders = [];
  for (const channel of channels) {
    await untilLive(channel);
    const variants = await everyVariant(channel);
    ladders.push(variants);
    // Nine seconds after the beginning the sound has been gone for four.
    await untilPlaylist(variants[0].url, 'nine segments', (p) => endOf(p) >= 9);
    for (const { url, VIDEO: name } of variants) {
      const playlist = await fetchMedia(url);
      assert.ok(endOf(playlist) >= 7, `${name} has come no further than segment ${endOf(playlist)}`);
    }
  }
  await Promise.all(senders.map(({ ended }) => ended));
  for (const variants of ladders) {
    const playlists = await commonSegments(variants, 14);
    const sound = playlists.at(-1).segments;
    assert.ok(sound.filter((segment) => segment.isGap).length >= 4, 'the sound alone has gaps');
    assert.ok(!sound.at(-1).isGap);
    const back = playlists.map((playlist) => ({ ...playlist, segments: playlist.segments.slice(-2) }));
    await checkSync(back, variants, 'TS', { enough: 1 });
    for (const playlist of playlists.slice(0, -1)) {
      const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
      assert.ok(Math.abs(video.length - 30 * secondsOf(playlist.segments)) <= 1, `${video.length} pictures`);
      for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
    }
  }
}, { timeout: 90_000 });

story('an encoder that changes its sound goes on behind a discontinuity of every rendition', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD', containerFormat: 'FRAGMENTED_MP4' });
  const clips = new Clips(kit);
  const before = readFlv(await clips.make('before', { options: ['-ac', '2'] })).filter((tag) => tag.type !== AUDIO || tag.ms < 5000);
  const after = readFlv(await clips.make('after', { rate: 44_100 })).filter((tag) => tag.type === AUDIO && (isHeader(tag) || tag.ms >= 5000));
  const tags = [...before, ...after.map((tag) => (isHeader(tag) ? { ...tag, ms: 5000 } : tag))].sort((a, b) => a.ms - b.ms);
  await sendTags(kit, channel.rtmpUrl, tags);
  await untilLive(channel);
  const variants = await everyVariant(channel);
  const changed = (playlist) => playlist.segments.findIndex((segment) => segment.isDiscontinuity);
  const playlists = await until('what is behind the change', async () => {
    const all = await Promise.all(variants.map(({ url }) => fetchMedia(url)));
    return all.every((playlist) => changed(playlist) > 0 && playlist.segments.length > changed(playlist) + 5) && all;
  }, { timeout: 25_000 });
  assert.equal(new Set(playlists.map((playlist) => playlist.mediaSequence + changed(playlist))).size, 1, 'at the same segment');
  const behind = playlists.map((playlist) => ({ ...playlist, segments: playlist.segments.slice(changed(playlist) + 1).slice(0, 5) }));
  for (const one of await probeRungs(behind, 'FRAGMENTED_MP4'))
    assert.deepEqual([streamOf(one, 'audio').channels, streamOf(one, 'audio').sample_rate], [1, '44100']);
  await checkSync(behind, variants, 'FRAGMENTED_MP4', { enough: 3 });
}, { timeout: 60_000 });

// --- from rung to rung ---

story('the sound of a segment is the same in every rendition', async (kit) => {
  await kit.server();
  const rate = 44_100;
  const file = await new Clips(kit).make('tone', { sound: `sine=frequency=440:sample_rate=${rate}` });
  for (const type of ['STANDARD', 'ADVANCED_HD']) {
    const channel = await createChannel(kit, { type });
    sendMediaFile(kit, channel.rtmpUrl, file, { pace: ['-stream_loop', '1', '-readrate', '2'] });
    await untilLive(channel);
    const variants = await everyVariant(channel);
    const playlists = await commonSegments(variants, 12);
    const parts = await Promise.all(playlists.map(async ({ segments }) => {
      const times = [];
      for (const segment of segments) times.push(tracksOf(await probeBytes(await fetchSegments({}, [segment]))).audio.map((packet) => packet.pts.toFixed(5)));
      return times;
    }));
    for (const part of parts.slice(1)) assert.deepEqual(part, parts[0], 'sound of the same times in each segment');

    // A player that takes every other segment from another rendition.
    const mixed = playlists[0].segments.map((_, i) => playlists[i % variants.length].segments[i]);
    const samples = await decodeSound(await fetchSegments({}, mixed), 'ts', rate);
    const expected = 1024 * parts[0].flat().length;
    assert.ok(Math.abs(samples.length - expected) <= 1024, `${samples.length} samples of ${expected}`);
    const heard = followTone(samples, { rate, frequency: 440 }).slice(5, -5);
    // Frames of two encoders do not overlap as well as those of one; a frame too many or too few would
    // be a fifth of a turn.
    for (const { s, level, turn } of heard) {
      assert.ok(Math.abs(level / 0.125 - 1) < 0.3, `a level of ${level} at ${s} s`);
      assert.ok(Math.abs(turn) < 0.06, `the tone is off by ${turn} of a turn at ${s} s`);
    }
  }
}, { timeout: 90_000 });
