// SPDX-License-Identifier: Apache-2.0
// The multivariant playlist of a ladder, line by line.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchText, fetchVariants } from './support/playlist.mjs';
import { fetchSegments } from './support/probe.mjs';
import { story } from './support/story.mjs';

const sessionData = (text) => Object.fromEntries(
  [...text.matchAll(/^#EXT-X-SESSION-DATA:DATA-ID="([^"]+)",VALUE="([^"]*)"$/gm)].map(([, id, value]) => [id, value]));

function checkPair(media, info, { id, name, resolution, codecs, isChosen }) {
  const chosen = isChosen ? 'YES' : 'NO';
  assert.equal(media, `#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="${id}",NAME="${name}",AUTOSELECT=${chosen},DEFAULT=${chosen}`);
  assert.match(info, new RegExp(`^#EXT-X-STREAM-INF:BANDWIDTH=\\d+,AVERAGE-BANDWIDTH=\\d+,${resolution}CODECS="${codecs}",VIDEO="${id}"${resolution ? ',FRAME-RATE=30\\.000' : ''}$`));
}

story('the renditions of a STANDARD channel, in Amazon IVS\'s words', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  kit.encoder(channel.rtmpUrl, { size: '640x360' });
  const variants = await untilLive(channel);
  const playlists = await Promise.all(variants.map((variant) => untilPlaylist(variant.url, 'four segments', (p) => p.segments.length >= 4)));
  const text = await fetchText(channel.playbackUrl);
  const lines = text.trim().split('\n');
  assert.equal(lines[0], '#EXTM3U');
  const data = sessionData(text);
  assert.ok(data.NODE);
  assert.ok(Math.abs(Number(data['SERVER-TIME']) - Date.now() / 1000) < 5);
  assert.equal(data.FUTURE, 'true');
  assert.ok(Number(data['STREAM-TIME']) > 3);
  const pairs = lines.slice(lines.findIndex((line) => line.startsWith('#EXT-X-MEDIA')));
  assert.equal(pairs.length, 6);
  const source = '640x360';
  checkPair(pairs[0], pairs[1], { id: '360p30', name: '360p', resolution: `RESOLUTION=${source},`, codecs: 'avc1\\.4D[0-9A-F]{4},mp4a\\.40\\.2', isChosen: true });
  checkPair(pairs[3], pairs[4], { id: '160p30', name: '160p', resolution: 'RESOLUTION=284x160,', codecs: 'avc1\\.4D401F,mp4a\\.40\\.2', isChosen: true });

  // Bandwidths are what the segments measure (RFC 8216 4.3.4.2: the peak is the largest of them).
  for (const [i, playlist] of playlists.entries()) {
    const rates = await Promise.all(playlist.segments.map(async (segment) =>
      ((await fetchSegments({}, [segment])).length * 8) / segment.duration));
    const now = (await fetchVariants(channel.playbackUrl))[i];
    assert.ok(Number(now.BANDWIDTH) >= Math.max(...rates) * 0.99, `peak ${now.BANDWIDTH}, measured ${Math.max(...rates)}`);
    assert.ok(Number(now['AVERAGE-BANDWIDTH']) <= Number(now.BANDWIDTH));
    const average = rates.reduce((a, b) => a + b) / rates.length;
    assert.ok(Math.abs(Number(now['AVERAGE-BANDWIDTH']) / average - 1) < 0.15, `average ${now['AVERAGE-BANDWIDTH']}, measured ${average}`);
  }

  const withSound = await fetchText(`${channel.playbackUrl}?allow_audio_only=true`);
  const last = withSound.trim().split('\n').slice(-3);
  checkPair(last[0], last[1], { id: 'audio_only', name: 'audio_only', resolution: '', codecs: 'mp4a\\.40\\.2', isChosen: false });
  assert.doesNotMatch(text, /audio_only/);
});

story('ADVANCED types list the sound alone to everybody', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { type: 'ADVANCED_SD', preset: 'CONSTRAINED_BANDWIDTH_DELIVERY' });
  kit.encoder(channel.rtmpUrl, { size: '320x180', gop: 4 });
  const variants = await untilLive(channel);
  assert.deepEqual(variants.map((variant) => variant.VIDEO), ['180p30', '160p30', 'audio_only']);
  const playlist = await untilPlaylist(variants[0].url, 'three segments', (p) => p.segments.length >= 3);
  assert.ok(playlist.segments.every((segment) => segment.duration <= 4.5));
  const sound = await untilPlaylist(variants[2].url, 'three segments of sound', (p) => p.segments.length >= 3);
  assert.equal(sound.segments[0].duration, playlist.segments[0].duration, 'cut at the same times');
});

story('NORMAL latency: no hints, three target durations behind', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { type: 'STANDARD', latencyMode: 'NORMAL' });
  kit.encoder(channel.rtmpUrl, { size: '640x360' });
  const variants = await untilLive(channel);
  assert.equal(variants.length, 2, 'the same ladder');
  assert.equal(sessionData(await fetchText(channel.playbackUrl)).FUTURE, undefined);
  for (const variant of variants) {
    const playlist = await untilPlaylist(variant.url, 'three segments', (p) => p.segments.length >= 3);
    assert.doesNotMatch(playlist.text, /EXT-X-(PART|PRELOAD-HINT|PREFETCH|PART-INF|RENDITION-REPORT)/);
    const holdBack = playlist.serverControl?.['HOLD-BACK'];
    if (holdBack) assert.ok(Number(holdBack) >= 3 * playlist.targetDuration);
  }
});
