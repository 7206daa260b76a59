// SPDX-License-Identifier: Apache-2.0
// Encoders of several video tracks as they are: encrypted, with and without sound, with two tracks and with five; one takes
// over from another; tracks that stall or drift apart.
import assert from 'node:assert/strict';

import { getStream, untilLive, untilPlaylist } from './support/channel.mjs';
import { CANVAS_1080, CANVAS_360, NVIDIA, ask, assertEnded, assertSentAway, prepare, start, tracksToSend, urlOf } from './support/multitrack.mjs';
import { codecsOf, encodeTracks } from './support/multitrack_encoder.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const AUDIO = 8; // an FLV tag's type

const sizes = (variants) => variants.map((variant) => variant.RESOLUTION);

// All variants' playlists that have so many segments, whether or not they still list the first ones.
const untilSegments = (variants, count) => Promise.all(variants.map(({ url }) =>
  untilPlaylist(url, `${count} segments`, (p) => p.mediaSequence + p.segments.length >= count, 30_000)));

const probe = async (playlist) => {
  const media = await probeBytes(await fetchSegments(playlist), 'mp4');
  assert.equal(media.errors, '');
  return tracksOf(media);
};

// The longest time between two packets of a track, in seconds.
const longestStep = (packets) => Math.max(...packets.slice(1).map((packet, i) => packet.dts - packets[i].dts));

story('a channel that takes encrypted ingest alone', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_360, insecureIngest: false });
  assert.deepEqual(configuration.ingest_endpoints.map(({ protocol }) => protocol), ['RTMPS']);
  const tags = await encodeTracks(tracks, { seconds: 10, gop: 1 });
  const { status } = await start(kit, urlOf(configuration, undefined, 'RTMPS'), tags);
  assert.equal(status.code, 'NetStream.Publish.Start');
  assert.deepEqual(sizes(await untilLive(channel)), ['640x360', '284x160']);
});

story('an encoder with the same configuration takes over, one with another does not', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_360 });
  const ivs = kit.ivs();
  const tags = await encodeTracks(tracks, { seconds: 30, gop: 1 });
  const first = (await start(kit, urlOf(configuration), tags)).encoder;
  const variants = await untilLive(channel);
  const { streamId } = await getStream(ivs, channel);

  const one = await ask(kit, channel.key, { ...CANVAS_360, maximum_video_tracks: 1 });
  const single = await encodeTracks(tracksToSend(one), { seconds: 5, gop: 1 });
  await assertSentAway(kit, await start(kit, `${urlOf(one)}&priority=1`, single), 'StreamTakeoverMediaMismatch');
  assert.ok(!first.isClosed);

  const again = await ask(kit, channel.key, CANVAS_360);
  assert.notEqual(again.meta.config_id, configuration.meta.config_id);
  const others = await encodeTracks(tracks.map((track) => ({ ...track, source: 'smptebars' })), { seconds: 15, gop: 1 });
  const second = (await start(kit, `${urlOf(again)}&priority=1`, others)).encoder;
  await until('the first encoder to be closed', () => first.isClosed);
  const closed = (await untilPlaylist(variants[0].url, 'segments', (p) => p.segments.length > 0)).mediaSequence;
  const playlists = await untilSegments(variants, closed + 9);
  assert.equal((await getStream(ivs, channel)).streamId, streamId);
  assert.ok(!second.isClosed);
  for (const playlist of playlists) {
    assert.doesNotMatch(playlist.text, /EXT-X-DISCONTINUITY|GAP/);
    const { video, audio } = await probe(playlist);
    for (const track of [video, audio]) assert.equal(firstStepBack(track), undefined);
    assert.ok(longestStep(video) < 0.07, `pictures ${longestStep(video)} s apart`); // the other tracks' last one may be lost
    assert.ok(longestStep(audio) < 0.2, `sound ${longestStep(audio)} s apart`);
  }
}, { timeout: 90_000 });

story('two tracks and no sound', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_360 });
  const tags = (await encodeTracks(tracks, { seconds: 12, gop: 1 })).filter(({ type }) => type !== AUDIO);
  await start(kit, urlOf(configuration), tags);
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map(({ CODECS }) => CODECS), codecsOf(tags));
  for (const playlist of await untilSegments(variants, 4)) {
    const { video, audio } = await probe(playlist);
    assert.equal(audio.length, 0);
    assert.equal(video.length, 30 * playlist.segments.reduce((sum, { duration }) => sum + duration, 0));
  }
});

story('five tracks', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_1080, gpu: NVIDIA });
  const tags = await encodeTracks(tracks, { seconds: 10, gop: 1 });
  await start(kit, urlOf(configuration), tags);
  const variants = await untilLive(channel);
  assert.deepEqual(sizes(variants), ['1920x1080', '1280x720', '852x480', '640x360', '284x160']);
  const keys = [];
  for (const playlist of await untilSegments(variants, 4)) {
    assert.doesNotMatch(playlist.text, /GAP/);
    keys.push((await probe(playlist)).video.filter(({ isKey }) => isKey).map(({ pts }) => pts.toFixed(3)).slice(0, 4));
  }
  for (const times of keys) assert.deepEqual(times, keys[0]);
}, { timeout: 90_000 });

story('a track that stalls while the other goes on', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_360 });
  const tags = await encodeTracks(tracks, { seconds: 15, gop: 1 });
  const isSecond = ({ body }) => (body[0] & 0x8f) === 0x86;
  const started = await start(kit, urlOf(configuration), tags.filter((tag) => tag.time < 6000 || tag.type === AUDIO || !isSecond(tag)));
  await untilLive(channel);
  await assertEnded(kit, channel, started, 'InvalidMultitrackInputTrackCount');
});

story('tracks whose keyframes drift apart', async (kit) => {
  const { channel, configuration, tracks } = await prepare(kit, { preferences: CANVAS_360 });
  const tags = await encodeTracks([{ ...tracks[0], keyint: 30 }, { ...tracks[1], keyint: 31 }], { seconds: 8 });
  await assertEnded(kit, channel, await start(kit, urlOf(configuration), tags), 'InvalidMultitrackInputVideoTrackMediaProperties');
});
