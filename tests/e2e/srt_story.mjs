// SPDX-License-Identifier: Apache-2.0
// Publishing by SRT, with ffmpeg as the encoder: who is let in, and that what comes after is as with RTMP.
import assert from 'node:assert/strict';

import { GetChannelCommand, StopStreamCommand, UpdateChannelCommand } from '@aws-sdk/client-ivs';

import { createChannel, getStream, untilLive, untilOffline, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';
import { metric } from './support/workers.mjs';

const SRT = { options: ['--srt', '127.0.0.1:0'] };

const encrypted = (channel, passphrase = channel.channel.srt.passphrase) => `${channel.srtUrl}&passphrase=${passphrase}`;

async function untilEnded(encoder, what) {
  await until(what, () => !encoder.isRunning, { timeout: 15_000 });
  return encoder.log;
}

// Processes of this server that demux: [{ pid, tag }]
const demuxers = (server) => [...server.log.matchAll(/(srt#\d+): demuxer started: pid=(\d+)/g)]
  .map(([, tag, pid]) => ({ tag, pid: Number(pid) }));

story('the channel says where to publish, and the passphrase opens it', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { insecureIngest: false });
  assert.match(channel.channel.srt.endpoint, /^127\.0\.0\.1:\d+$/);
  const { channel: got } = await ivs.send(new GetChannelCommand({ arn: channel.arn }));
  assert.deepEqual(got.srt, channel.channel.srt);

  for (const [what, url, words] of [
    ['a wrong passphrase', encrypted(channel, 'x'.repeat(20)), /Incorrect passphrase/],
    ['no passphrase', channel.srtUrl, /Password required/],
    ['an unknown key', encrypted(channel).replace(channel.key, 'sk_us-west-2_nobody'), /Application-defined rejection/],
    ['no key', encrypted(channel).replace(/streamid=[^&]*&/, ''), /Application-defined rejection/],
    ['a player', encrypted(channel).replace('streamid=', 'streamid=#!::m=request,u='), /Application-defined rejection/],
  ]) assert.match(await untilEnded(kit.encoder(url, { seconds: 5 }), `${what} to be refused`), words, what);
  assert.match(server.log, /handshake refused: peer=127\.0\.0\.1 code=1401 reason=the stream key is not valid/);
  await until('the log to tell of the passphrases', () => server.log.match(/ code=10 reason=no connection came of it/g)?.length === 2);
  assert.equal(await getStream(ivs, channel), null);
  assert.equal(demuxers(server).length, 0, 'no process was started for them');

  kit.encoder(encrypted(channel), { bframes: 2 });
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'four segments', (p) => p.segments.length >= 4);
  const media = await probeBytes(await fetchSegments(playlist));
  assert.deepEqual(media.streams.filter((s) => s.codec_type !== 'data').map((s) => [s.codec_name, s.profile, s.width ?? 0, s.height ?? 0]).sort(),
    [['aac', 'LC', 0, 0], ['h264', 'Main', 640, 360]]);
  const { video, audio } = tracksOf(media);
  assert.equal(firstStepBack(video), undefined);
  assert.equal(firstStepBack(audio), undefined);
  assert.ok(video.some((p) => p.pts > p.dts), 'B-frames keep their order');
  video.slice(1).forEach((p, i) => assert.ok(Math.abs(p.dts - video[i].dts - 1 / 30) < 0.002, `picture ${i} lasts a thirtieth`));
  assert.ok(Math.abs(video[0].dts - audio[0].dts) < 0.2, 'picture and sound begin together');
  assert.equal(await metric(server, 'weir_srt_connections'), 1);
  assert.ok(await metric(server, 'weir_srt_packets_total') > 100);
  assert.ok(!server.log.includes(channel.key) && !server.log.includes(channel.channel.srt.passphrase), 'no secret is logged');
}, { timeout: 90_000 });

story('each form of the stream id leads to the channel', async (kit) => {
  await kit.server(SRT);
  for (const form of ['KEY?priority=2', 'KEY%3Fpriority=2', '#!::u=KEY,priority=1', '#!::r=KEY,m=publish', 'publish:KEY']) {
    const channel = await createChannel(kit, { insecureIngest: false });
    const id = form.replace('KEY', channel.key);
    const encoder = kit.encoder(`srt://${channel.channel.srt.endpoint}?streamid=${id}&passphrase=${channel.channel.srt.passphrase}`);
    await untilLive(channel);
    await encoder.stop('SIGKILL');
  }
}, { timeout: 90_000 });

story('with insecureIngest encoders come in clear, or encrypted at their second try', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { insecureIngest: true });
  const clear = kit.encoder(channel.srtUrl);
  await untilLive(channel);
  assert.match(server.log, /publishing: peer=127\.0\.0\.1 encrypted=no/);
  await clear.stop('SIGKILL');
  await ivs.send(new StopStreamCommand({ channelArn: channel.arn }));

  assert.match(await untilEnded(kit.encoder(encrypted(channel)), 'the first try to be refused'), /Password required/);
  const encoder = kit.encoder(encrypted(channel));
  await until('the encrypted encoder to be let in', () => /encrypted=yes/.test(server.log));
  await until('the log to tell of the first try', () => / code=11 reason=it has a passphrase/.test(server.log));
  await encoder.stop('SIGKILL');
  await ivs.send(new StopStreamCommand({ channelArn: channel.arn }));
  kit.encoder(encrypted(channel)); // known by now
  await untilLive(channel);

  await ivs.send(new StopStreamCommand({ channelArn: channel.arn }));
  await ivs.send(new UpdateChannelCommand({ arn: channel.arn, insecureIngest: false }));
  assert.match(await untilEnded(kit.encoder(channel.srtUrl), 'a clear one to be refused'), /Password required/);
}, { timeout: 90_000 });

story('an encoder that comes back within the grace resumes, a second one is refused, StopStream ends', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { insecureIngest: false });
  const first = kit.encoder(encrypted(channel));
  const [variant] = await untilLive(channel);
  const { streamId } = await getStream(ivs, channel);

  assert.match(await untilEnded(kit.encoder(encrypted(channel)), 'the second encoder to be refused'), /Application-defined rejection/);
  assert.match(server.log, /code=1409 reason=another encoder is live/);
  assert.ok(first.isRunning);

  await first.stop('SIGINT'); // over SRT not even that is a goodbye
  await until('the rest of the connection to be read', async () => await metric(server, 'weir_srt_connections') === 0);
  const second = kit.encoder(encrypted(channel));
  await untilPlaylist(variant.url, 'segments behind a discontinuity', (p) => {
    const at = p.segments.findIndex((segment) => segment.isDiscontinuity);
    return at > 0 && p.segments.length > at + 1;
  });
  assert.equal((await getStream(ivs, channel)).streamId, streamId);

  await ivs.send(new StopStreamCommand({ channelArn: channel.arn }));
  await untilOffline(channel);
  assert.equal((await fetchMedia(variant.url)).isEnded, true);
  await untilEnded(second, 'the encoder to notice that it was closed');
  await until('no connection to be left', async () => await metric(server, 'weir_srt_connections') === 0);
}, { timeout: 90_000 });

story('a demuxer that is killed costs a moment, not the stream', async (kit) => {
  const server = await kit.server(SRT);
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { insecureIngest: false });
  kit.encoder(encrypted(channel));
  const [variant] = await untilLive(channel);
  const { streamId } = await getStream(ivs, channel);
  await untilPlaylist(variant.url, 'two segments', (p) => p.segments.length >= 2);

  process.kill(demuxers(server).at(-1).pid, 'SIGKILL');
  await until('another demuxer', () => demuxers(server).length === 2);
  const before = await fetchMedia(variant.url);
  const after = await untilPlaylist(variant.url, 'four more segments',
    (p) => p.mediaSequence + p.segments.length >= before.mediaSequence + before.segments.length + 4);
  assert.equal((await getStream(ivs, channel)).streamId, streamId);
  const { video, audio } = tracksOf(await probeBytes(await fetchSegments(after)));
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined, 'time goes on');
  assert.equal(await metric(server, 'weir_srt_demux_crashes_total'), 1);
}, { timeout: 90_000 });

story('what cannot be carried is refused by name', async (kit) => {
  const server = await kit.server(SRT);
  for (const [after, words] of [
    [['-c:a', 'mp2'], /MP2 or MP3 is not supported: send AAC/],
    [['-c:a', 'ac3'], /AC-3 is not supported: send AAC/],
  ]) {
    const channel = await createChannel(kit, { insecureIngest: false });
    await untilEnded(kit.encoder(encrypted(channel), { audioCodec: after }), 'the encoder to be closed');
    assert.match(server.log, words);
    await untilOffline(channel);
  }
}, { timeout: 90_000 });
