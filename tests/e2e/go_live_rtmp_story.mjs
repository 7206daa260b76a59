// SPDX-License-Identifier: Apache-2.0
// From CreateChannel to a stream that ffprobe finds nothing wrong with, over plain RTMP.
import assert from 'node:assert/strict';

import { ListStreamsCommand } from '@aws-sdk/client-ivs';

import { createChannel, getStream, untilLive, untilOffline, untilPlaylist } from './support/channel.mjs';
import { fetchText } from './support/playlist.mjs';
import { fetchSegments, firstStepBack, probeBytes, probeLive, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

story('an encoder goes live over RTMP and every frame arrives', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  assert.equal(await getStream(ivs, channel), null);
  kit.encoder(channel.rtmpUrl, { gop: 1, fps: 30 });
  const [variant] = await untilLive(channel);

  const playlist = await untilPlaylist(variant.url, 'eight segments', (p) => p.segments.length >= 8);
  const media = await probeBytes(await fetchSegments(playlist));
  const { video, audio } = tracksOf(media);
  const seconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
  assert.equal(media.errors, '');
  assert.ok(Math.abs(video.length - 30 * seconds) <= 1, `${video.length} frames in ${seconds} s`);
  assert.ok(Math.abs(audio.length - (48000 / 1024) * seconds) <= 4, `${audio.length} AAC frames in ${seconds} s`);
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined, 'decode times only grow');
  const offset = Math.abs(video[0].pts - audio[0].pts);
  assert.ok(offset < 0.06, `picture and sound start ${offset} s apart`);
  const drift = Math.abs(video.at(-1).pts - audio.at(-1).pts);
  assert.ok(drift < 0.06, `picture and sound end ${drift} s apart`);
  assert.deepEqual(playlist.segments.map((segment) => Math.round(10 * segment.duration)), playlist.segments.map(() => 10));
});

story('a player that knows nothing of us follows the live playlist', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const media = await probeLive(channel.playbackUrl, 5);
  const { video, audio } = tracksOf(media);
  assert.ok(video.length > 120 && audio.length > 180, `${video.length} frames, ${audio.length} of sound`);
  for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
  const { width, height, codec_name: codec } = media.streams.find((stream) => stream.codec_type === 'video');
  assert.deepEqual([width, height, codec], [640, 360, 'h264']);
});

story('the multivariant playlist tells the truth about the stream', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { size: '854x480', fps: 25, bitrate: '900k' });
  const variants = await untilLive(channel);
  assert.equal(variants.length, 1);
  const [variant] = variants;
  assert.equal(variant.RESOLUTION, '854x480');
  assert.equal(Number(variant['FRAME-RATE']), 25);
  assert.match(variant.CODECS, /^avc1\.4d[0-9a-f]{4},mp4a\.40\.2$/i);
  const bandwidth = Number(variant.BANDWIDTH);
  assert.ok(bandwidth > 500_000 && bandwidth < 3_000_000, `BANDWIDTH ${bandwidth}`);
  const text = await fetchText(channel.playbackUrl);
  assert.match(text, /^#EXT-X-SESSION-DATA:DATA-ID="SERVER-TIME",VALUE="[\d.]+"$/m);
});

story('the API sees the stream while it lasts', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const stream = await getStream(ivs, channel);
  assert.match(stream.streamId, /^st-[A-Za-z0-9]{23}$/);
  assert.deepEqual([stream.channelArn, stream.state, stream.playbackUrl], [channel.arn, 'LIVE', channel.playbackUrl]);
  assert.ok(Math.abs(Date.now() - stream.startTime) < 30_000);
  const { streams } = await ivs.send(new ListStreamsCommand({}));
  assert.deepEqual(streams.map((s) => s.streamId), [stream.streamId]);

  await fetchText(variant.url, { headers: { 'user-agent': 'one' } });
  await fetchText(variant.url, { headers: { 'user-agent': 'two' } });
  await until('two viewers to be counted', async () => (await getStream(ivs, channel)).viewerCount === 2, { timeout: 5000 });
  await until('a healthy stream', async () => (await getStream(ivs, channel)).health === 'HEALTHY', { timeout: 15_000 });

  await encoder.stop('SIGINT'); // says goodbye properly
  await untilOffline(channel);
  assert.equal(await getStream(ivs, channel), null);
  const answer = await fetch(channel.playbackUrl);
  assert.match(answer.headers.get('content-type'), /application\/json/);
  assert.equal((await answer.json())[0].error_code, 'transcode_does_not_exist');
});
