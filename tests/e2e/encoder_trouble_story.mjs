// SPDX-License-Identifier: Apache-2.0
// What goes wrong on the encoder's side without ending the connection: the camera pauses, the
// picture changes its size, the clock wraps, nothing comes for a while.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { observe, untilPlaying } from './support/browser.mjs';
import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { Child, runCommand } from './support/child.mjs';
import { encoderArguments } from './support/encoder.mjs';
import { VIDEO, isHeader, readFlv, writeFlv } from './support/flv.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';
import { metric } from './support/workers.mjs';

function folder(kit) {
  const name = mkdtempSync(path.join(os.tmpdir(), 'weir-flv-'));
  kit.onEnd(async () => rmSync(name, { recursive: true, force: true }));
  return name;
}

// What an encoder makes in `seconds`, faster than life, as the tags of a file.
async function record(file, settings) {
  const args = encoderArguments(file, settings).filter((arg) => arg !== '-re');
  const { code, stderr } = await runCommand('ffmpeg', args, { timeout: 60_000 });
  assert.equal(code, 0, stderr);
  return readFlv(file);
}

function play(kit, file, url, options = []) {
  const child = new Child('ffmpeg', ['-hide_banner', '-nostdin', '-re', '-i', file, '-c', 'copy', ...options, '-f', 'flv', url], { lifetimeMs: 90_000 });
  kit.onEnd(() => child.stop('SIGKILL'));
  kit.logs.push(() => `--- ffmpeg\n${child.log.slice(-1000)}`);
  return child;
}

const total = (playlist) => playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
const count = (playlist) => playlist.mediaSequence + playlist.segments.length;

story('the camera pauses for three seconds, the sound goes on', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const file = path.join(folder(kit), 'paused.flv');
  const tags = await record(file, { size: '320x180', seconds: 14 });
  writeFlv(file, tags.filter((tag) => tag.type !== VIDEO || isHeader(tag) || tag.ms < 4000 || tag.ms >= 7000));
  play(kit, file, channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'eleven seconds', (p) => total(p) >= 11, 30_000);
  assert.doesNotMatch(playlist.text, /EXT-X-DISCONTINUITY|GAP/);
  for (const { duration } of playlist.segments) assert.ok(Math.round(duration) <= playlist.targetDuration, `${duration} s`);
  const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
  const steps = (track) => track.slice(1).map((packet, i) => packet.dts - track[i].dts);
  assert.ok(Math.max(...steps(audio)) < 0.03, 'no sound is missing');
  assert.ok(Math.abs(Math.max(...steps(video)) - 3) < 0.1, 'the pause is there');
  assert.ok(Math.abs(video.at(-1).pts - audio.at(-1).pts) < 0.1, 'and picture and sound are in step behind it');
});

story('the picture changes its size on a running connection', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const dir = folder(kit);
  const [small, large] = [path.join(dir, 'small.flv'), path.join(dir, 'large.flv')];
  const before = await record(small, { size: '320x180', seconds: 6 });
  const after = await record(large, { size: '640x360', seconds: 20 });
  const end = before.at(-1).ms + 33;
  writeFlv(small, [...before, ...after.filter((tag) => tag.type !== 18).map((tag) => ({ ...tag, ms: tag.ms + end }))]);
  play(kit, small, channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
  await untilPlaying(page);
  const playlist = await untilPlaylist(variant.url, 'both sizes', (p) => count(p) >= 9, 30_000);
  const at = playlist.segments.findIndex((segment) => segment.isDiscontinuity);
  assert.ok(at > 0, 'behind a discontinuity');
  for (const [segments, width] of [[playlist.segments.slice(0, at), 320], [playlist.segments.slice(at), 640]]) {
    const { streams } = await probeBytes(await fetchSegments(playlist, segments));
    assert.equal(streams.find((stream) => stream.codec_type === 'video').width, width);
  }
  const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
  await until('the browser to show the new size', async () => (await observe(page, 500)).width === 640, { timeout: 20_000 });
});

story('the picture changes its size with the second keyframe, and so its ladder', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const dir = folder(kit);
  const file = path.join(dir, 'grown.flv');
  const before = await record(path.join(dir, 'small.flv'), { size: '320x180', seconds: 1 });
  const after = await record(path.join(dir, 'large.flv'), { size: '854x480', seconds: 20 });
  const end = before.at(-1).ms + 33;
  writeFlv(file, [...before, ...after.filter((tag) => tag.type !== 18).map((tag) => ({ ...tag, ms: tag.ms + end }))]);
  play(kit, file, channel.rtmpUrl);
  const variants = await until('the ladder of the larger one', async () => {
    const now = await untilLive(channel);
    return now[0].RESOLUTION === '854x480' && now;
  });
  assert.deepEqual(variants.map((variant) => variant.RESOLUTION), ['854x480', '640x360', '284x160']);
  for (const { url, RESOLUTION } of variants) {
    const playlist = await untilPlaylist(url, `three segments of ${RESOLUTION}`, (p) => p.segments.filter((segment) => !segment.isGap).length >= 3);
    const { streams } = await probeBytes(await fetchSegments(playlist, playlist.segments.filter((segment) => !segment.isGap).slice(-1)));
    assert.equal(streams.find((stream) => stream.codec_type === 'video').height, Number(RESOLUTION.split('x')[1]));
  }
  assert.equal(await metric(server, 'weir_transcode_worker_losses_total'), 0);
});

// ffmpeg's own clock has 31 bits on the wire: it steps back by 24 days.
story('the clock of the encoder wraps', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { size: '320x180', after: ['-output_ts_offset', String(2 ** 31 / 1000 - 5)] });
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'ten seconds', (p) => count(p) >= 10, 30_000);
  const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
  const seconds = total(playlist);
  assert.ok(Math.abs(video.length - 30 * seconds) <= 3, `${video.length} pictures in ${seconds} s`);
  assert.ok(Math.abs(video.at(-1).pts - audio.at(-1).pts) < 0.1);
});

story('an encoder that stands still is STARVING, and HEALTHY again when it has caught up', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl, { size: '320x180' });
  const health = (expected, timeout) => until(`the stream to be ${expected}`, async () =>
    (await getStream(ivs, channel))?.health === expected, { timeout });
  await untilLive(channel);
  assert.equal((await getStream(ivs, channel)).health, 'UNKNOWN');
  await health('HEALTHY', 10_000);
  encoder.signalNow('SIGSTOP');
  await health('STARVING', 8000);
  encoder.signalNow('SIGCONT');
  await health('HEALTHY', 15_000);
});
