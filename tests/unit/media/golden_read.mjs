// SPDX-License-Identifier: Apache-2.0
// The golden playlists as hls.js reads them: somebody else's parser, not ours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

globalThis.self = globalThis; // hls.js expects a browser
const { M3U8Parser } = await import('../../../web/node_modules/hls.js/dist/hls.mjs');
const url = 'https://live.example.com/v1/live/st-1/0/720p30/index.m3u8';
const read = (name) => readFileSync(new URL(`golden/${name}.m3u8`, import.meta.url), 'utf8');

function media(name) {
  const details = M3U8Parser.parseLevelPlaylist(read(name), url, 0, 'main', 0, null);
  assert.equal(details.playlistParsingError, null, name);
  assert.ok(details.hasProgramDateTime);
  return details;
}

const low = media('low_ts');
assert.deepEqual([low.startSN, low.endSN, low.lastPartSn, low.lastPartIndex], [4, 13, 14, 1]);
assert.deepEqual([low.canBlockReload, low.canSkipUntil, low.holdBack, low.preloadHint.URI], [true, 12, 6, 'p44.ts']);
assert.ok(low.partHoldBack >= 3 * low.partTarget);
assert.ok(low.partList.every((part) => part.duration <= low.partTarget));
assert.equal(low.fragments.at(-1).url, new URL('s13.ts', url).href);

const fmp4 = media('low_fmp4');
assert.deepEqual(fmp4.fragments.map((fragment) => fragment.initSegment.relurl).slice(3), ['i0.mp4', 'i1.mp4', 'i1.mp4']);
assert.deepEqual(fmp4.fragments.map((fragment) => fragment.cc), [0, 0, 0, 0, 1, 1]);
assert.deepEqual(fmp4.renditionReports.map((report) => report['LAST-MSN']), ['10', '9']);

const delta = media('delta');
assert.deepEqual([delta.skippedSegments, delta.startSN, delta.endSN, delta.totalduration], [9, 100, 115, 32]);
assert.equal(media('long_segments').canSkipUntil, 0);
assert.deepEqual(media('gap').fragments.map((fragment) => Boolean(fragment.gap)), [false, false, false, false, true, false]);
assert.deepEqual(media('discontinuity').fragments.map((fragment) => fragment.cc), [3, 3, 4, 4, 4, 4]);
assert.deepEqual([media('ended').live, media('ended').preloadHint], [false, undefined]);
const normal = media('normal_ts');
assert.deepEqual([normal.canBlockReload, normal.partList, normal.holdBack], [false, null, 6]);

const { levels, sessionData, playlistParsingError } = M3U8Parser.parseMasterPlaylist(read('multivariant'), url);
assert.equal(playlistParsingError, null);
assert.deepEqual(levels.map((level) => level.bitrate), [8100321, 1427999, 70000]);
assert.deepEqual(levels.map((level) => level.videoCodec), ['avc1.64002A', 'avc1.4D401F', undefined]);
assert.equal(sessionData['STREAM-TIME'].VALUE, '81.231');
