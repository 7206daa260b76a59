// SPDX-License-Identifier: Apache-2.0
// The same segments of every rendition of a ladder.
import { fetchMedia } from './playlist.mjs';
import { fetchSegments, probeBytes } from './probe.mjs';
import { until } from './wait.mjs';

// The segments that all rungs have: a playlist for each, cut down to the same numbers.
export async function commonSegments(variants, count) {
  const playlists = await until(`${count} segments of every rung`, async () => {
    const all = await Promise.all(variants.map((variant) => fetchMedia(variant.url)));
    return all.every((playlist) => playlist.segments.length >= count) && all;
  }, { timeout: 40_000, interval: 200 });
  const first = Math.max(...playlists.map((playlist) => playlist.mediaSequence));
  return playlists.map((playlist) => ({
    ...playlist,
    segments: playlist.segments.slice(first - playlist.mediaSequence).slice(0, count),
  }));
}

export async function fetchRungs(playlists) {
  return Promise.all(playlists.map((playlist) => fetchSegments(playlist)));
}

export const extensionOf = (containerFormat) => (containerFormat === 'TS' ? 'ts' : 'mp4');

export async function probeRungs(playlists, containerFormat) {
  const rungs = await fetchRungs(playlists);
  return Promise.all(rungs.map((bytes) => probeBytes(bytes, extensionOf(containerFormat))));
}
