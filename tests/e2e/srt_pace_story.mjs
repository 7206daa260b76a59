// SPDX-License-Identifier: Apache-2.0
// Encoders over SRT that send too much, too fast, or nothing for a while: as with RTMP.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { createChannel, getStream, untilLive, untilOffline, untilPlaylist } from './support/channel.mjs';
import { Child } from './support/child.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until, withDeadline } from './support/wait.mjs';
import { eventCount } from './support/workers.mjs';

const SRT = { options: ['--srt', '127.0.0.1:0'] };
const secondsOf = (segments) => segments.reduce((sum, segment) => sum + segment.duration, 0);

async function checkPictures(segments, playlist) {
  const { video } = tracksOf(await probeBytes(await fetchSegments(playlist, segments)));
  assert.equal(firstStepBack(video), undefined);
  assert.ok(Math.abs(video.length - 30 * secondsOf(segments)) <= 1, `${video.length} pictures in ${secondsOf(segments)} s`);
}

story('too many bits per second end a broadcast', async (kit) => {
  const server = await kit.server(SRT);
  const channel = await createChannel(kit);
  const file = await makeMediaFile(kit, { size: '320x180', bitrate: '3M', seconds: 20, noise: true });
  const sender = sendMediaFile(kit, channel.srtUrl, file);
  await withDeadline('the encoder to be sent away', sender.ended, 16_000);
  const [, limit, over] = server.log.match(/limit breach: limit_name="Ingest Bitrate" limit_value=(\d+) exceeded_by=(\d+)/).map(Number);
  assert.equal(limit, 1_500_000);
  assert.ok(over > limit / 10 && over < 3_000_000, `exceeded by ${over}`);
  assert.equal(await eventCount(server, 'Ingest Bitrate'), 1);
  await untilOffline(channel);
});

story('an encoder at twice real time is taken as it comes', async (kit) => {
  const server = await kit.server(SRT);
  const channel = await createChannel(kit);
  const file = await makeMediaFile(kit, { size: '640x360', seconds: 30, bitrate: '600k' });
  const sender = sendMediaFile(kit, channel.srtUrl, file, { pace: ['-readrate', '2'] });
  const [variant] = await untilLive(channel);
  const began = Date.now();
  await sender.ended;
  assert.ok(Date.now() - began < 20_000, 'nobody slowed it down');
  const playlist = await untilPlaylist(variant.url, '28 seconds', (p) => secondsOf(p.segments) > 28);
  await checkPictures(playlist.segments.slice(-10), playlist);
  assert.equal(await eventCount(server, 'Stream Failure'), 0);
});

// Its connection stays, with nothing to carry: another program makes what it sends.
function startHungryEncoder(kit, url) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-pipe-'));
  kit.onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const pipe = path.join(folder, 'media.flv');
  execFileSync('mkfifo', [pipe]);
  const sender = new Child('ffmpeg', ['-nostdin', '-nostats', '-i', pipe, '-c', 'copy', '-flush_packets', '1', '-f', 'mpegts', url]);
  kit.onEnd(() => sender.stop('SIGKILL'));
  return kit.encoder(pipe, { before: ['-y'] });
}

story('an encoder that stalls is starving, and goes on where it was', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const source = startHungryEncoder(kit, channel.srtUrl);
  const [variant] = await untilLive(channel);
  const { streamId } = await getStream(ivs, channel);
  source.signalNow('SIGSTOP');
  await until('starvation', async () => (await getStream(ivs, channel))?.health === 'STARVING');
  source.signalNow('SIGCONT');
  await until('health', async () => (await getStream(ivs, channel)).health === 'HEALTHY', { timeout: 25_000 });
  const playlist = await untilPlaylist(variant.url, 'ten segments', (p) => p.segments.length >= 10);
  assert.equal((await getStream(ivs, channel)).streamId, streamId);
  assert.equal(await eventCount(server, 'Starvation Start'), 1);
  assert.equal(await eventCount(server, 'Starvation End'), 1);
  assert.equal(playlist.segments.some((segment) => segment.isDiscontinuity), false);
  await checkPictures(playlist.segments.slice(0, -1), playlist);
}, { timeout: 90_000 });
