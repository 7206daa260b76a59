// SPDX-License-Identifier: Apache-2.0
// Keyframes every 0.5, 1, 2, 8 and 20 seconds: target durations, cuts and INDEPENDENT marks follow.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { fetchSegments, firstStepBack, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';

// [seconds between keyframes, segments to wait for, TARGETDURATION, seconds per segment]
const CASES = [
  [0.5, 6, 2, 1],
  [1, 6, 2, 1],
  [2, 3, 2, 2],
  [8, 3, 6, null],
  [20, 5, 6, null],
];

for (const [gop, count, target, each] of CASES) {
  story(`keyframes every ${gop} s`, async (kit) => {
    await kit.server();
    const channel = await createChannel(kit);
    kit.encoder(channel.rtmpUrl, { gop, size: '320x180', bitrate: '200k' });
    const [variant] = await untilLive(channel, 30_000);
    const playlist = await untilPlaylist(variant.url, `${count} segments`, (p) => p.segments.length >= count, 60_000);
    assert.equal(playlist.targetDuration, target);
    for (const { duration } of playlist.segments) {
      assert.ok(Math.round(duration) <= target, `a segment of ${duration} s`);
      if (each) assert.ok(Math.abs(duration - each) < 0.05, `a segment of ${duration} s`);
    }
    const media = await probeBytes(await fetchSegments(playlist));
    const { video } = tracksOf(media);
    const seconds = playlist.segments.reduce((sum, segment) => sum + segment.duration, 0);
    assert.ok(Math.abs(video.length - 30 * seconds) <= 1, `${video.length} frames in ${seconds} s`);
    assert.equal(firstStepBack(video), undefined);
    const keyTimes = video.filter((frame) => frame.isKey).map((frame) => frame.pts);
    for (let i = 1; i < keyTimes.length; i += 1) assert.ok(Math.abs(keyTimes[i] - keyTimes[i - 1] - gop) < 0.05);
    // Only parts that start with an IDR may be called independent.
    const parts = playlist.segments.flatMap((segment) => segment.parts);
    const independent = parts.filter((part) => part.isIndependent).length;
    const covered = parts.reduce((sum, part) => sum + part.duration, 0);
    assert.ok(independent <= covered / gop + 1, `${independent} independent parts in ${covered} s`);
  }, { timeout: 120_000 });
}
