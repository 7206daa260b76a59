// SPDX-License-Identifier: Apache-2.0
// Damaged pictures and sound, for WEIR_BROKEN_SECONDS (12): nobody falls over, and all is well behind it.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { startBrokenEncoder } from './support/broken_encoder.mjs';
import { story } from './support/story.mjs';
import { letItRun } from './support/wait.mjs';
import { metric } from './support/workers.mjs';

const SECONDS = Number(process.env.WEIR_BROKEN_SECONDS ?? 12);
const INTACT = 4;

story('damaged H.264 and AAC hurt nobody else and end with the damage', async (kit) => {
  const server = await kit.server();
  const [broken, healthy] = [await createChannel(kit, { type: 'STANDARD' }), await createChannel(kit, { type: 'STANDARD' })];
  const encoder = startBrokenEncoder(kit, broken.rtmpUrl, { before: INTACT, seconds: SECONDS, size: '320x240' });
  kit.encoder(healthy.rtmpUrl, { size: '320x240', fps: 15, seconds: 200 });
  const variants = await untilLive(broken);
  const [, other] = await untilLive(healthy);
  const rung = variants.at(-1);
  assert.equal(variants.length, 2);

  await letItRun((INTACT + SECONDS) * 1000);
  assert.ok(encoder.damage.hits > 20, `${encoder.damage.hits} were damaged`);
  assert.ok(encoder.isRunning(), 'the encoder was not sent away');
  assert.ok(await metric(server, 'weir_transcode_decode_errors_total') > 0, 'the damage was seen');
  assert.ok(await metric(server, 'weir_transcode_worker_losses_total') < 5, 'workers are not lost for good');
  assert.equal((await fetch(`${server.http}/healthz`)).status, 200);

  const damaged = await fetchMedia(rung.url);
  const next = damaged.mediaSequence + damaged.segments.length;
  const after = await untilPlaylist(rung.url, 'the rung behind the damage', (playlist) =>
    playlist.mediaSequence + playlist.segments.length >= next + 5 && playlist.segments.slice(-3).every((segment) => !segment.isGap), 20_000);
  const { errors, packets } = await probeBytes(await fetchSegments(after, after.segments.slice(-3)));
  const { video, audio } = tracksOf({ packets });
  const seconds = after.segments.slice(-3).reduce((sum, segment) => sum + segment.duration, 0);
  assert.equal(errors, '');
  assert.ok(Math.abs(video.length - 30 * seconds) <= 1, `${video.length} pictures in ${seconds} s`);
  assert.equal(firstStepBack(video), undefined);
  assert.ok(Math.abs(audio.at(-1).pts - video.at(-1).pts) < 0.1, 'sound and picture end together');

  const beside = await fetchMedia(other.url);
  assert.equal(beside.segments.filter((segment) => segment.isGap).length, 0, 'the channel beside it lacks nothing');
}, { timeout: 60_000 + 1000 * SECONDS });
