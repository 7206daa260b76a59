// SPDX-License-Identifier: Apache-2.0
// The low-latency playlist as RFC 8216bis asks for it, seen by a player written from that text.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { fetchBytes, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';
import { withDeadline } from './support/wait.mjs';

function withQuery(url, query) {
  const full = new URL(url);
  for (const [name, value] of Object.entries(query)) full.searchParams.set(name, value);
  return full.href;
}

async function goLive(kit, input, encoder) {
  await kit.server();
  const channel = await createChannel(kit, input);
  kit.encoder(channel.rtmpUrl, encoder);
  const [variant] = await untilLive(channel);
  return { channel, url: variant.url };
}

story('parts, hints and blocking reloads follow one another', async (kit) => {
  const { url } = await goLive(kit);
  let playlist = await untilPlaylist(url, 'three segments', (p) => p.segments.length >= 3);
  assert.equal(playlist.targetDuration, 2);
  assert.ok(playlist.partTarget > 0.3 && playlist.partTarget < 0.45, `PART-TARGET ${playlist.partTarget}`);
  assert.equal(playlist.serverControl['CAN-BLOCK-RELOAD'], 'YES');
  assert.ok(Number(playlist.serverControl['PART-HOLD-BACK']) >= 3 * playlist.partTarget - 0.001);

  const parts = [];
  for (let i = 0; i < 12; i += 1) {
    const msn = playlist.mediaSequence + playlist.segments.length;
    const part = playlist.openParts.length;
    const { hint } = playlist;
    const before = Date.now();
    const [next, bytes] = await withDeadline('the next part', Promise.all([
      fetchMedia(withQuery(url, { _HLS_msn: msn, _HLS_part: part })), fetchBytes(hint)]), 3000);
    assert.ok(Date.now() - before < 1500);
    const all = [...next.segments.flatMap((segment) => segment.parts), ...next.openParts];
    const arrived = all.find((candidate) => candidate.url === hint);
    assert.ok(arrived, 'the hinted part is the next part');
    assert.ok(arrived.duration <= playlist.partTarget + 0.001, `a part of ${arrived.duration} s`);
    parts.push({ ...arrived, bytes });
    playlist = next;
  }
  const { video } = tracksOf(await probeBytes(Buffer.concat(parts.map((part) => part.bytes))));
  const seconds = parts.reduce((sum, part) => sum + part.duration, 0);
  assert.ok(Math.abs(video.length - 30 * seconds) <= 1, `${video.length} frames in ${seconds} s of parts`);
  assert.ok(parts.filter((part) => part.isIndependent).length >= 3);
  const alone = await probeBytes(parts.find((part) => part.isIndependent).bytes);
  assert.equal(alone.errors, '', 'an independent part plays alone');
});

story('a segment is the sum of its parts', async (kit) => {
  const { url } = await goLive(kit);
  const playlist = await untilPlaylist(url, 'a segment with parts', (p) => p.segments.length >= 2 && p.segments.at(-1).parts.length);
  const segment = playlist.segments.at(-1);
  const parts = await Promise.all(segment.parts.map((part) => fetchBytes(part.url)));
  assert.deepEqual(Buffer.concat(parts), await fetchBytes(segment.url));
});

story('delta updates leave out what a player knows', async (kit) => {
  const { url } = await goLive(kit);
  const full = await untilPlaylist(url, 'a window that can be skipped', (p) => p.segments.length >= 16, 40_000);
  assert.ok(full.serverControl['CAN-SKIP-UNTIL'], full.text);
  const delta = await fetchMedia(withQuery(url, { _HLS_skip: 'YES' }));
  assert.ok(delta.skipped > 0);
  assert.ok(delta.version >= 9);
  assert.ok(delta.text.length < full.text.length);
});

story('impossible reloads are refused', async (kit) => {
  const { url } = await goLive(kit);
  const playlist = await fetchMedia(url);
  const next = playlist.mediaSequence + playlist.segments.length;
  const status = async (query) => (await fetch(withQuery(url, query))).status;
  assert.equal(await status({ _HLS_part: 0 }), 400);
  assert.equal(await status({ _HLS_msn: next + 5 }), 400);
  assert.equal(await status({ _HLS_msn: 'x' }), 400);
  assert.equal(await status({ _HLS_msn: '-1' }), 400);
  assert.equal(await status({ _HLS_msn: 0 }), 200, 'the past needs no waiting');
});

story('prefetch lines name the segments to come, delivered as they are made', async (kit) => {
  const { url } = await goLive(kit);
  const playlist = await untilPlaylist(url, 'two segments', (p) => p.segments.length >= 2);
  assert.equal(playlist.prefetch.length, 2);
  assert.ok(playlist.text.trim().split('\n').slice(-2).every((line) => line.startsWith('#EXT-X-PREFETCH:')), playlist.text);
  const response = await fetch(playlist.prefetch[1]);
  const arrivals = [];
  for await (const piece of response.body) if (piece.length) arrivals.push(Date.now());
  assert.ok(arrivals.at(-1) - arrivals[0] > 300, 'it came in pieces over the time of the segment');
  const later = await untilPlaylist(url, 'the prefetched segment', (p) => p.segments.some((s) => s.url === playlist.prefetch[1]));
  assert.ok(later);
});

story('a NORMAL channel is plain HLS', async (kit) => {
  const { url } = await goLive(kit, { latencyMode: 'NORMAL' });
  const playlist = await untilPlaylist(url, 'two segments', (p) => p.segments.length >= 2);
  for (const tag of ['EXT-X-PART', 'EXT-X-PRELOAD-HINT', 'EXT-X-PREFETCH', 'CAN-BLOCK-RELOAD'])
    assert.ok(!playlist.text.includes(tag), `${tag} in\n${playlist.text}`);
  assert.ok(playlist.segments.every((segment) => segment.date instanceof Date), 'each has its PROGRAM-DATE-TIME');
});

story('answers may be cached and read from any origin', async (kit) => {
  const { channel, url } = await goLive(kit);
  const playlist = await untilPlaylist(url, 'a segment', (p) => p.segments.length >= 1);
  const head = async (address) => {
    const response = await fetch(address, { headers: { origin: 'https://example.com' } });
    await response.arrayBuffer();
    return response.headers;
  };
  const segment = await head(playlist.segments[0].url);
  assert.equal(segment.get('access-control-allow-origin'), '*');
  assert.match(segment.get('cache-control'), /public, max-age=3600, immutable/);
  assert.equal(segment.get('content-type'), 'video/mp2t');
  assert.equal((await head(url)).get('content-type'), 'application/vnd.apple.mpegurl');
  assert.match((await head(channel.playbackUrl)).get('cache-control'), /max-age=1\b/);
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://example.com', 'access-control-request-method': 'GET' } });
  assert.ok(preflight.ok);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
});
