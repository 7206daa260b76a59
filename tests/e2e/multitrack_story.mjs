// SPDX-License-Identifier: Apache-2.0
// An encoder asks which tracks it shall send, sends them over one connection, and each becomes a
// rendition; whoever sends something else hears why it may not.
import assert from 'node:assert/strict';

import { DeleteStreamKeyCommand, UpdateChannelCommand } from '@aws-sdk/client-ivs';

import { getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { CANVAS_360, NVIDIA, ask, assertEnded, prepare, start, tracksToSend, urlOf } from './support/multitrack.mjs';
import { codecsOf, encodeTracks } from './support/multitrack_encoder.mjs';
import { countDecoded, fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const shapeOf = ({ streams }) => {
  const { width, height } = streams.find(({ codec_type: kind }) => kind === 'video');
  return `${width}x${height}`;
};
const keyTimes = (media) => tracksOf(media).video.filter(({ isKey }) => isKey).map(({ pts }) => pts.toFixed(3));

story('three tracks become three renditions, and hls.js plays and switches', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  assert.deepEqual(tracks.map(({ width, height }) => `${width}x${height}`), ['854x480', '640x360', '284x160']);
  assert.match(configuration.meta.config_id, /^[0-9a-f-]{36}$/);

  const tags = await encodeTracks(tracks, { seconds: 45 });
  const { encoder, status } = await start(kit, urlOf(configuration), tags);
  assert.equal(status.code, 'NetStream.Publish.Start');
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map((variant) => variant.RESOLUTION), ['854x480', '640x360', '284x160']);
  assert.deepEqual(variants.map((variant) => variant.VIDEO), ['480p30', '360p30', '160p30']);
  assert.deepEqual(variants.map((variant) => Number(variant['FRAME-RATE'])), [30, 30, 30]);
  assert.deepEqual(variants.map((variant) => variant.CODECS), codecsOf(tags).map((codec) => `${codec},mp4a.40.2`));

  const playlists = await Promise.all(variants.map(({ url }) => untilPlaylist(url, 'four segments', (p) => p.segments.length >= 4, 30_000)));
  const first = Math.max(...playlists.map((playlist) => playlist.mediaSequence));
  const media = [];
  for (const playlist of playlists) {
    const common = playlist.segments.slice(first - playlist.mediaSequence).slice(0, 3);
    assert.deepEqual(common.map(({ duration }) => duration), [2, 2, 2]);
    media.push(await probeBytes(await fetchSegments(playlist, common), 'mp4'));
  }
  assert.deepEqual(media.map(shapeOf), ['854x480', '640x360', '284x160']);
  for (const one of media) {
    const { video, audio } = tracksOf(one);
    assert.equal(one.errors, '');
    assert.equal(video.length, 180, 'three segments of two seconds');
    assert.equal(firstStepBack(video), undefined);
    assert.deepEqual(keyTimes(one), keyTimes(media[0]));
    assert.deepEqual(audio.map(({ pts }) => pts), tracksOf(media[0]).audio.map(({ pts }) => pts), 'the same sound');
  }
  assert.ok(!encoder.isClosed);

  const page = await (await kit.browser()).hlsPage(channel.playbackUrl);
  await until('the lowest rung to play', () => page.evaluate(() => {
    const { hls } = window, video = document.getElementById('video');
    if (hls.levels?.length !== 3) return false;
    hls.nextLevel = 0;
    return video.videoHeight === 160 && video.currentTime;
  }), { timeout: 15_000 });
  await until('the highest rung to play', () => page.evaluate(() => {
    const { hls } = window, video = document.getElementById('video');
    hls.nextLevel = 2;
    return video.videoHeight === 480 && !video.paused;
  }), { timeout: 15_000 });
}, { timeout: 120_000 });

// Chromium as Debian builds it has no HEVC: ffmpeg reads what viewers get.
async function assertRenditions(kit, channel, tags, configuration, expected) {
  const { status } = await start(kit, urlOf(configuration), tags);
  assert.equal(status.code, 'NetStream.Publish.Start');
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map((variant) => [variant.RESOLUTION, variant.CODECS]), expected.map(({ size, codecs }) => [size, `${codecs},mp4a.40.2`]));
  const playlists = await Promise.all(variants.map(({ url }) => untilPlaylist(url, 'four segments', (p) => p.segments.length >= 4, 30_000)));
  const first = Math.max(...playlists.map((playlist) => playlist.mediaSequence));
  const all = [];
  for (const [i, playlist] of playlists.entries()) {
    const common = playlist.segments.slice(first - playlist.mediaSequence).slice(0, 3);
    const bytes = await fetchSegments(playlist, common);
    const media = await probeBytes(bytes, 'mp4');
    assert.equal(media.errors, '');
    const video = media.streams.find(({ codec_type: kind }) => kind === 'video');
    assert.deepEqual([`${video.width}x${video.height}`, video.codec_name, video.codec_tag_string], [expected[i].size, expected[i].name, expected[i].tag]);
    assert.equal(tracksOf(media).video.length, 180, 'three segments of two seconds');
    assert.equal(await countDecoded(bytes, 'mp4'), 180);
    all.push(media);
  }
  for (const media of all) assert.deepEqual(keyTimes(media), keyTimes(all[0]));
}

const HEVC_360 = { size: '640x360', codecs: 'hvc1.1.6.L63.90', name: 'hevc', tag: 'hvc1' };

story('an encoder that has HEVC alone', async (kit) => {
  const { channel } = await prepare(kit);
  const configuration = await ask(kit, channel.key, CANVAS_360, ['h265'], NVIDIA);
  assert.deepEqual(configuration.encoder_configurations.map(({ type, height, settings }) => [type, height, settings.bitrate]),
    [['jim_hevc_nvenc', 360, 300], ['jim_hevc_nvenc', 160, 200]]);
  const tags = await encodeTracks(tracksToSend(configuration), { seconds: 30 });
  await assertRenditions(kit, channel, tags, configuration, [HEVC_360, { ...HEVC_360, size: '284x160', codecs: 'hvc1.1.6.L60.90' }]);
}, { timeout: 120_000 });

story('HEVC where the line has no room for H.264, which the other track has', async (kit) => {
  const { channel } = await prepare(kit);
  const configuration = await ask(kit, channel.key, { ...CANVAS_360, maximum_aggregate_bitrate: 550 }, ['h264', 'h265'], NVIDIA);
  assert.deepEqual(configuration.encoder_configurations.map(({ type, height, settings }) => [type, height, settings.bitrate]),
    [['jim_hevc_nvenc', 360, 300], ['jim_nvenc', 160, 200]]);
  const tags = await encodeTracks(tracksToSend(configuration), { seconds: 30 });
  const [h264] = codecsOf(tags);
  await assertRenditions(kit, channel, tags, configuration, [HEVC_360, { size: '284x160', codecs: h264, name: 'h264', tag: 'avc1' }]);
}, { timeout: 120_000 });

story('HEVC that was not agreed', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const other = await encodeTracks([tracks[0], { ...tracks[1], codec: 'hevc' }, tracks[2]], { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), other), 'InvalidMultitrackInputVideoTrackMediaProperties');

  const configured = await ask(kit, channel.key, CANVAS_360, ['h265'], NVIDIA);
  const hevc = tracksToSend(configured);
  const bare = await encodeTracks(hevc, { seconds: 8, hasMetrics: false });
  await assertEnded(kit, channel, await start(kit, urlOf(configured), bare), 'InvalidMultitrackInputVideoTrackMediaProperties');

  const single = await encodeTracks(hevc.slice(0, 1), { seconds: 4 });
  const { encoder } = await start(kit, channel.rtmpUrl, single);
  const last = await until('the server to close', () => encoder.isClosed && encoder.statuses.at(-1));
  assert.equal(last.description, 'H.265 (HEVC) is not supported: send H.264');
});

story('an encoder that was lost comes back with all its tracks', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks(tracks, { seconds: 20, gop: 1 });
  const { encoder } = await start(kit, urlOf(configuration), tags);
  const variants = await untilLive(channel);
  const before = await getStream(kit.ivs(), channel);
  await encoder.stop();
  const { status } = await start(kit, urlOf(configuration), tags);
  assert.equal(status.code, 'NetStream.Publish.Start');
  const playlists = await Promise.all(variants.map(({ url }) => untilPlaylist(url, 'a segment behind the break', (p) =>
    p.text.includes('#EXT-X-DISCONTINUITY\n') && !p.text.endsWith('#EXT-X-DISCONTINUITY\n') && p.segments.length >= 4, 20_000)));
  assert.equal((await getStream(kit.ivs(), channel)).streamId, before.streamId);
  for (const playlist of playlists) assert.doesNotMatch(playlist.text, /GAP/);
});

story('a channel that allows several tracks makes the ladder of a single one', async (kit) => {
  const { channel } = await prepare(kit);
  kit.encoder(channel.rtmpUrl, { size: '640x360' });
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map((variant) => variant.RESOLUTION), ['640x360', '284x160']);
});

story('a track too few', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks(tracks.slice(0, 2), { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), tags), 'InvalidMultitrackInputTrackCount');
});

story('a track too many', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks([...tracks, tracks[2]], { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), tags), 'InvalidMultitrackInputTrackCount');
});

story('a track of another size', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks([tracks[0], { ...tracks[1], width: 480, height: 270 }, tracks[2]], { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), tags), 'InvalidMultitrackInputVideoTrackMediaProperties');
});

story('no performance metrics', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks(tracks, { seconds: 8, hasMetrics: false });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), tags), 'InvalidMultitrackInputVideoTrackMediaProperties');
});

story('several tracks need the key that comes with their configuration', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit);
  const tags = await encodeTracks(tracks, { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration, channel.key), []), 'GetClientConfigurationStreamKeyRequired');
  await assertEnded(kit, channel, await start(kit, channel.rtmpUrl, tags), 'GetClientConfigurationStreamKeyRequired');
});

story('a key is good for its own configuration, and no longer than its stream key', async (kit) => {
  const { channel, configuration } = await prepare(kit);
  const invalid = 'InvalidGetClientConfigurationStreamKey';
  const other = await ask(kit, channel.key);
  const key = configuration.ingest_endpoints[0].authentication;
  const changed = key.slice(0, 40) + (key[40] === 'A' ? 'B' : 'A') + key.slice(41);
  await assertEnded(kit, channel, await start(kit, urlOf(other, key), []), invalid);
  await assertEnded(kit, channel, await start(kit, urlOf(configuration, changed), []), invalid);
  await kit.ivs().send(new DeleteStreamKeyCommand({ arn: channel.streamKey.arn }));
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), []), invalid);
});

story('a channel that requires several tracks, and one that takes none', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { multitrack: { policy: 'REQUIRE' } });
  const single = await encodeTracks(tracks.slice(0, 1), { seconds: 4 });
  await assertEnded(kit, channel, await start(kit, channel.rtmpUrl, single), 'MultitrackInputRequired');

  await kit.ivs().send(new UpdateChannelCommand({ arn: channel.arn, multitrackInputConfiguration: { enabled: false } }));
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), []), 'MultitrackInputNotAllowed');
  const tags = await encodeTracks(tracks, { seconds: 4 });
  await assertEnded(kit, channel, await start(kit, channel.rtmpUrl, tags), 'MultitrackInputNotAllowed');
  const refusal = await ask(kit, channel.key);
  assert.deepEqual(refusal.status, { result: 'error', html_en_us: 'Multitrack video is not enabled for this channel' });
  assert.deepEqual(refusal.encoder_configurations, []);
});

story('what encoders ask before they publish', async (kit) => {
  const { channel } = await prepare(kit);
  const { ingests } = await (await fetch(`${kit.lastServer.http}/api/v2/FindIngest`)).json();
  assert.equal(ingests[0].url_template, `${kit.lastServer.rtmp}/app/{stream_key}`);
  assert.equal(ingests[0].url_template_secure, `${kit.lastServer.rtmps}/app/{stream_key}`);

  assert.equal((await ask(kit, 'sk_us-west-2_wrong')).status.html_en_us, 'The stream key is not valid');
  assert.equal((await ask(kit, channel.key, { framerate: { numerator: 29, denominator: 1 } })).status.result, 'error');
  const narrow = tracksToSend(await ask(kit, channel.key, { maximum_aggregate_bitrate: 800 }));
  assert.deepEqual(narrow.map(({ height }) => height), [360, 160]);
  const one = tracksToSend(await ask(kit, channel.key, { maximum_video_tracks: 1 }));
  assert.equal(one.length, 1);
});
