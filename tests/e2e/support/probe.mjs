// SPDX-License-Identifier: Apache-2.0
// What ffprobe and ffmpeg, somebody else's eyes, make of our streams.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { runCommand } from './child.mjs';

// Every packet of `seconds` of a live playlist: [{ kind, pts, dts, size, key }], times in seconds.
export async function probeLive(url, seconds) {
  return probe(['-live_start_index', '-1', '-read_intervals', `%+${seconds}`, url], (seconds + 20) * 1000);
}

async function withFile(bytes, extension, use) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-probe-'));
  const file = path.join(folder, `media.${extension}`);
  try {
    writeFileSync(file, bytes);
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function probeBytes(bytes, extension = 'ts') {
  return withFile(bytes, extension, (file) => probe([file]));
}

// How many pictures ffmpeg decodes without a complaint.
export async function countDecoded(bytes, extension = 'ts') {
  return withFile(bytes, extension, async (file) => {
    const { code, stdout, stderr } = await runCommand('ffmpeg', [
      '-hide_banner', '-nostdin', '-v', 'error', '-xerror', '-i', file, '-map', '0:v', '-f', 'framemd5', '-',
    ]);
    if (code || stderr) throw new Error(`ffmpeg ended with ${code}: ${stderr}`);
    return stdout.split('\n').filter((line) => line.startsWith('0,')).length;
  });
}

async function probe(args, timeout = 30_000) {
  const { code, stdout, stderr } = await runCommand('ffprobe', [
    '-v', 'error', '-show_entries',
    'packet=codec_type,size,pts_time,dts_time,duration_time,flags:stream=codec_type,codec_name,codec_tag_string,profile,width,height,avg_frame_rate,sample_rate,channels',
    '-of', 'json', ...args,
  ], { timeout });
  if (code) throw new Error(`ffprobe ended with ${code}: ${stderr}`);
  const { packets = [], streams = [] } = JSON.parse(stdout);
  return {
    errors: stderr,
    streams,
    packets: packets.map((p) => ({
      kind: p.codec_type, pts: Number(p.pts_time), dts: Number(p.dts_time), size: Number(p.size), duration: Number(p.duration_time), isKey: p.flags.includes('K'),
    })),
  };
}

export function tracksOf({ packets }) {
  const of = (kind) => packets.filter((packet) => packet.kind === kind);
  return { video: of('video'), audio: of('audio') };
}

// The first packet whose decode time does not lie after its predecessor's, or undefined.
export function firstStepBack(packets) {
  return packets.find((packet, i) => i > 0 && packet.dts <= packets[i - 1].dts);
}

export async function fetchBytes(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) throw new Error(`${response.status} ${url}`);
  return Buffer.from(await response.arrayBuffer());
}

// Segments one after the other, as a recorder would keep them.
export async function fetchSegments(playlist, segments = playlist.segments) {
  const urls = [...(playlist.map ? [playlist.map] : []), ...segments.map((segment) => segment.url)];
  return Buffer.concat(await Promise.all(urls.map((url) => fetchBytes(url))));
}
