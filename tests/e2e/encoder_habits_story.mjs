// SPDX-License-Identifier: Apache-2.0
// What encoders out there really send: open GOPs, B-frames, odd frame rates with jitter, tracks that
// come late or never, a picture that changes its size.
import assert from 'node:assert/strict';

import { observe, untilPlaying } from './support/browser.mjs';
import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

async function broadcast(kit, encoder, count = 4) {
  await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { size: '320x180', bitrate: '300k', ...encoder });
  const [variant] = await untilLive(channel, 25_000);
  const playlist = await untilPlaylist(variant.url, `${count} segments`, (p) => p.segments.length >= count, 40_000);
  const media = await probeBytes(await fetchSegments(playlist));
  const seconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
  return { channel, variant, playlist, media, seconds, ...tracksOf(media) };
}

story('B-frames keep their order', async (kit) => {
  const { video, media, seconds } = await broadcast(kit, { after: ['-bf', '3', '-x264-params', 'bframes=3:b-adapt=0:scenecut=0'], gop: 1 });
  assert.equal(media.errors, '');
  assert.equal(firstStepBack(video), undefined);
  assert.ok(video.some((frame) => frame.pts > frame.dts + 0.03), 'there are B-frames');
  assert.equal(new Set(video.map((frame) => frame.pts)).size, video.length, 'each frame has its own time');
  assert.ok(Math.abs(video.length - 30 * seconds) <= 4, `${video.length} frames in ${seconds} s`);
});

story('open GOPs are cut without pretending that one can begin there', async (kit) => {
  const { playlist, video, seconds } = await broadcast(kit, {
    gop: 2, after: ['-bf', '2', '-x264-params', 'open-gop=1:bframes=2:keyint=60:min-keyint=60:scenecut=0'],
  }, 4);
  const independent = playlist.segments.flatMap((segment) => segment.parts).filter((part) => part.isIndependent);
  assert.ok(independent.length <= 1, `${independent.length} parts claim to be independent`);
  for (const { duration } of playlist.segments) assert.ok(Math.round(duration) <= playlist.targetDuration);
  assert.ok(Math.abs(video.length - 30 * seconds) <= 4, `${video.length} frames in ${seconds} s`);
});

for (const fps of [15, 24, 30, 50, 60]) {
  story(`${fps} frames a second with a millisecond of jitter`, async (kit) => {
    const { variant, playlist, video, audio, seconds } = await broadcast(kit, {
      fps, filter: "settb=1/1000,setpts='PTS+mod(N*7\\,3)-1'", after: ['-vsync', 'passthrough', '-enc_time_base', '1/1000'],
    });
    assert.equal(firstStepBack(video), undefined);
    assert.ok(Math.abs(video.length - fps * seconds) <= 2, `${video.length} frames in ${seconds} s`);
    assert.ok(Math.abs(Number(variant['FRAME-RATE']) - fps) < 0.1, `FRAME-RATE ${variant['FRAME-RATE']}`);
    const longest = Math.max(...playlist.segments.flatMap((s) => s.parts).map((part) => part.duration));
    assert.ok(longest <= playlist.partTarget + 0.0005, `a part of ${longest} s beside PART-TARGET ${playlist.partTarget}`);
    assert.ok(Math.abs(video.at(-1).pts - audio.at(-1).pts) < 0.1);
  });
}

story('a picture without sound', async (kit) => {
  const { variant, video, audio, channel } = await broadcast(kit, { audio: false });
  assert.match(variant.CODECS, /^avc1\.[0-9a-f]{6}$/i);
  assert.ok(video.length >= 110 && audio.length === 0);
  const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
  await untilPlaying(page);
});

story('sound that begins two seconds late stays in step', async (kit) => {
  const { video, audio } = await broadcast(kit, { audioDelay: 2 }, 6);
  assert.ok(video.length > 0 && audio.length > 0);
  assert.ok(Math.abs(video.at(-1).pts - audio.at(-1).pts) < 0.1);
});

story('an encoder that changes its picture size goes on behind a discontinuity', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const first = kit.encoder(channel.rtmpUrl, { size: '320x180' });
  const [variant] = await untilLive(channel);
  const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
  await untilPlaying(page);
  await first.stop('SIGKILL');
  kit.encoder(channel.rtmpUrl, { size: '640x360' });
  const playlist = await untilPlaylist(variant.url, 'segments behind a discontinuity', (p) => {
    const at = p.segments.findIndex((segment) => segment.isDiscontinuity);
    return at >= 0 && p.segments.length > at + 2;
  }, 30_000);
  const at = playlist.segments.findIndex((segment) => segment.isDiscontinuity);
  const { streams } = await probeBytes(await fetchSegments(playlist, playlist.segments.slice(at)));
  assert.equal(streams.find((stream) => stream.codec_type === 'video').width, 640);
  await until('the browser to show the new size', async () => (await observe(page, 500)).width === 640, { timeout: 20_000 });
}, { timeout: 90_000 });
