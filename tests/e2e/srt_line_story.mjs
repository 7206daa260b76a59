// SPDX-License-Identifier: Apache-2.0
// What SRT is for: lines that lose packets, and encoders that come back from elsewhere.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { LossyLine } from './support/lossy_line.mjs';
import { countDecoded, fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { letItRun, until } from './support/wait.mjs';
import { metric } from './support/workers.mjs';

const SRT = { options: ['--srt', '127.0.0.1:0'] };

async function openLine(kit, channel, settings) {
  const [host, port] = channel.channel.srt.endpoint.split(':');
  const line = await new LossyLine(Number(port), settings).open();
  kit.onEnd(() => line.close());
  const url = (latencyMs) =>
    `srt://${host}:${line.port}?streamid=${channel.key}&passphrase=${channel.channel.srt.passphrase}&latency=${latencyMs * 1000}`;
  return { line, url };
}

// Every picture and all of the sound, in one piece.
async function checkWhole(playlist) {
  assert.equal(playlist.segments.some((segment) => segment.isDiscontinuity || segment.isGap), false);
  const bytes = await fetchSegments(playlist);
  const media = await probeBytes(bytes);
  const { video, audio } = tracksOf(media);
  assert.equal(media.errors, '');
  assert.equal(await countDecoded(bytes), video.length, 'every picture is decoded without complaint');
  video.slice(1).forEach((p, i) => assert.ok(Math.abs(p.dts - video[i].dts - 1 / 30) < 0.002, `picture ${i} lasts ${p.dts - video[i].dts} s`));
  audio.slice(1).forEach((p, i) => assert.ok(Math.abs(p.dts - audio[i].dts - 1024 / 48000) < 0.002, `sound ${i} lasts ${p.dts - audio[i].dts} s`));
}

story('a line that loses and reorders a twentieth: not a picture is missing', async (kit) => {
  const server = await kit.server(SRT);
  const channel = await createChannel(kit, { insecureIngest: false });
  const { line, url } = await openLine(kit, channel, { loss: 0.05, reorder: 0.05, seed: 5 });
  kit.encoder(url(1000));
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'twelve segments', (p) => p.segments.length >= 12, 30_000);
  await checkWhole(playlist);
  assert.ok(line.lost > 50 && line.late > 50, `the line was bad: ${line.lost} lost, ${line.late} late`);
  assert.ok(await metric(server, 'weir_srt_packets_lost_total') > 20, 'they were missing at first');
  for (const name of ['weir_srt_packets_dropped_total', 'weir_srt_ts_losses_total', 'weir_srt_ts_damaged_total'])
    assert.equal(await metric(server, name), 0, name);
}, { timeout: 90_000 });

story('a line that is dead for two seconds: latency hides it, or the broadcast goes on behind it', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const cuts = [{ latency: 4000, isHidden: true }, { latency: 300, isHidden: false }];
  for (const cut of cuts) {
    cut.channel = await createChannel(kit, { insecureIngest: false });
    Object.assign(cut, await openLine(kit, cut.channel));
    kit.encoder(cut.url(cut.latency));
  }
  for (const cut of cuts) [cut.variant] = await untilLive(cut.channel);
  for (const cut of cuts) {
    await untilPlaylist(cut.variant.url, 'two segments', (p) => p.segments.length >= 2);
    cut.streamId = (await getStream(ivs, cut.channel)).streamId;
  }
  for (const { line } of cuts) line.isCut = true;
  await letItRun(2000);
  for (const { line } of cuts) line.isCut = false;

  for (const cut of cuts) {
    const playlist = await untilPlaylist(cut.variant.url, 'ten segments', (p) => p.segments.length >= 10, 30_000);
    assert.equal((await getStream(ivs, cut.channel)).streamId, cut.streamId);
    if (cut.isHidden) {
      await checkWhole(playlist);
      continue;
    }
    const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
    for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined, 'time goes on');
    assert.ok(video.length > 5 * 30, `${video.length} pictures`);
  }
  assert.ok(await metric(server, 'weir_srt_packets_dropped_total') > 20);
  assert.equal(await metric(server, 'weir_srt_connections'), 2, 'the same connections');
}, { timeout: 90_000 });

story('an encoder that moves to another network is let in once its old connection is silent', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { insecureIngest: false });
  const { line, url } = await openLine(kit, channel);
  kit.encoder(url(300));
  const [variant] = await untilLive(channel);
  await untilPlaylist(variant.url, 'two segments', (p) => p.segments.length >= 2);
  const { streamId } = await getStream(ivs, channel);
  line.isCut = true; // for good: no word of farewell comes through
  const { url: elsewhere } = await openLine(kit, channel);
  let tries = 0;
  await until('the encoder to be let in', async () => {
    const encoder = kit.encoder(elsewhere(300));
    tries += 1;
    return until('to be let in or not', () => (encoder.isRunning ? server.log.split(': publishing: ').length > 2 : 'refused'), { timeout: 5000 })
      .then((result) => result === true);
  }, { timeout: 20_000, interval: 300 });
  assert.ok(tries > 1, 'not at once: somebody else might want to send');
  const playlist = await untilPlaylist(variant.url, 'segments behind a discontinuity', (p) => {
    const at = p.segments.findIndex((segment) => segment.isDiscontinuity);
    return at > 0 && p.segments.length > at + 1;
  });
  assert.equal((await getStream(ivs, channel)).streamId, streamId);
  const { video } = tracksOf(await probeBytes(await fetchSegments(playlist)));
  assert.equal(firstStepBack(video), undefined);
}, { timeout: 90_000 });
