// SPDX-License-Identifier: Apache-2.0
// Playlists as a player reads them: fetched, parsed, with absolute URLs.

const attributesOf = (text) =>
  Object.fromEntries([...text.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)].map(([, name, value]) =>
    [name, value.replace(/^"|"$/g, '')]));

export async function fetchText(url, options) {
  const response = await fetch(url, options);
  const text = await response.text();
  if (!response.ok) throw Object.assign(new Error(`${response.status} ${url}: ${text}`), { status: response.status, text });
  return text;
}

// [{ url, BANDWIDTH, CODECS, ... }]
export function parseMultivariant(text, base) {
  const lines = text.trim().split('\n');
  return lines.flatMap((line, i) =>
    line.startsWith('#EXT-X-STREAM-INF:')
      ? [{ ...attributesOf(line.slice(18)), url: new URL(lines[i + 1], base).href }]
      : []);
}

const READERS = {
  'EXT-X-TARGETDURATION': (p, value) => { p.targetDuration = Number(value); },
  'EXT-X-MEDIA-SEQUENCE': (p, value) => { p.mediaSequence = Number(value); },
  'EXT-X-DISCONTINUITY-SEQUENCE': (p, value) => { p.discontinuitySequence = Number(value); },
  'EXT-X-VERSION': (p, value) => { p.version = Number(value); },
  'EXT-X-ENDLIST': (p) => { p.isEnded = true; },
  'EXT-X-SERVER-CONTROL': (p, value) => { p.serverControl = attributesOf(value); },
  'EXT-X-PART-INF': (p, value) => { p.partTarget = Number(attributesOf(value)['PART-TARGET']); },
  'EXT-X-SKIP': (p, value) => { p.skipped = Number(attributesOf(value)['SKIPPED-SEGMENTS']); },
  'EXT-X-MAP': (p, value) => { p.map = new URL(attributesOf(value).URI, p.base).href; },
  'EXT-X-PREFETCH': (p, value) => { p.prefetch.push(new URL(value, p.base).href); },
  'EXT-X-RENDITION-REPORT': (p, value) => { p.reports.push(attributesOf(value)); },
  'EXT-X-PRELOAD-HINT': (p, value) => { p.hint = new URL(attributesOf(value).URI, p.base).href; },
  'EXT-X-PART': (p, value) => {
    const part = attributesOf(value);
    p.next.parts.push({
      url: new URL(part.URI, p.base).href, duration: Number(part.DURATION),
      isIndependent: part.INDEPENDENT === 'YES', isGap: part.GAP === 'YES',
    });
  },
  'EXT-X-DISCONTINUITY': (p) => { p.next.isDiscontinuity = true; },
  'EXT-X-GAP': (p) => { p.next.isGap = true; },
  'EXT-X-PROGRAM-DATE-TIME': (p, value) => { p.next.date = new Date(value); },
  EXTINF: (p, value) => { p.next.duration = Number(value.split(',')[0]); },
};

const newSegment = () => ({ parts: [] });

export function parseMedia(text, base) {
  const playlist = { base, text, segments: [], prefetch: [], reports: [], isEnded: false, next: newSegment() };
  for (const line of text.trim().split('\n')) {
    const [, tag, value] = line.match(/^#([A-Z0-9-]+):?(.*)$/) ?? [];
    if (tag) READERS[tag]?.(playlist, value);
    else if (line) {
      playlist.segments.push({ ...playlist.next, url: new URL(line, base).href });
      playlist.next = newSegment();
    }
  }
  const { next, ...rest } = playlist;
  return { ...rest, openParts: next.parts }; // parts of the segment in production
}

// Waits until the channel plays and returns its variants.
export async function fetchVariants(playbackUrl) {
  return parseMultivariant(await fetchText(playbackUrl), playbackUrl);
}

export async function fetchMedia(url) {
  return parseMedia(await fetchText(url), url);
}
