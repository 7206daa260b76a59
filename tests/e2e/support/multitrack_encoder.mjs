// SPDX-License-Identifier: Apache-2.0
// An encoder that sends several video tracks over one connection, as OBS does: what ffmpeg encodes,
// with performance metrics before each IDR. Written from the published formats alone: FLV 10.1
// annex E, Enhanced RTMP 2 ("ExVideoTagBody"), IVS's description of BPM. HEVC comes out of an MP4 file of
// ffmpeg's, whose samples and decoder configuration record are what Enhanced RTMP wants.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { runCommand } from './child.mjs';
import { RtmpClient } from './rtmp_client.mjs';
import { letItRun } from './wait.mjs';

const AUDIO = 8;
const VIDEO = 9;

// ---- FLV ----

// [{ type, time, body }], times in milliseconds.
function readFlv(bytes) {
  const tags = [];
  for (let at = 13; at + 11 <= bytes.length;) {
    const size = bytes.readUIntBE(at + 1, 3);
    const time = bytes.readUIntBE(at + 4, 3) + bytes[at + 7] * 0x1000000;
    tags.push({ type: bytes[at], time, body: bytes.subarray(at + 11, at + 11 + size) });
    at += 11 + size + 4;
  }
  return tags;
}

// ---- broadcast performance metrics ----

const UUIDS = {
  timestamps: '0aecffe752724e2fa62fd19cd61a93b5',
  session: 'ca60e71c6a8b4388a377151df7bf8ac2',
  rendition: 'f1fbc1d5101e4fb5a61eb8ce3c07b8c0',
};

const stamp = (event, date) => Buffer.concat([Buffer.from([1, event]), Buffer.from(`${date.toISOString()}\0`)]);
const counters = (...values) => Buffer.concat(values.map((value, i) => {
  const out = Buffer.alloc(5);
  out[0] = i + 1;
  out.writeUInt32BE(value, 1);
  return out;
}));

// The header of an SEI NAL unit; HEVC's is a prefix SEI of the base layer.
const SEI_HEADER = { h264: [6], hevc: [0x4e, 1] };

// user_data_unregistered, in a NAL unit of its own.
function sei(codec, uuid, body) {
  const payload = Buffer.concat([Buffer.from(uuid, 'hex'), body]);
  const escaped = [];
  for (const byte of Buffer.concat([Buffer.from([5, payload.length]), payload, Buffer.from([0x80])])) {
    if (byte <= 3 && escaped.at(-1) === 0 && escaped.at(-2) === 0) escaped.push(3);
    escaped.push(byte);
  }
  const nal = Buffer.from([...SEI_HEADER[codec], ...escaped]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(nal.length);
  return Buffer.concat([length, nal]);
}

function metrics(codec, frames) {
  const now = new Date();
  return Buffer.concat([
    sei(codec, UUIDS.timestamps, Buffer.concat([Buffer.from([1]), stamp(1, now), stamp(4, now)])),
    sei(codec, UUIDS.session, Buffer.concat([Buffer.from([0]), stamp(4, now), Buffer.from([3]), counters(frames, 0, 0, frames)])),
    sei(codec, UUIDS.rendition, Buffer.concat([Buffer.from([0]), stamp(4, now), Buffer.from([2]), counters(frames, 0, frames)])),
  ]);
}

// The tag with metrics in front of its IDR.
function withMetrics({ type, time, body }, frames) {
  return { type, time, body: Buffer.concat([body.subarray(0, 5), metrics('h264', frames), body.subarray(5)]) };
}

const isKeyFrame = ({ type, body }) => type === VIDEO && body[0] === 0x17 && body[1] === 1;

// The tag of an ordinary FLV file as a packet of track `track`, in the form that OBS uses:
// CodedFramesX where picture and decoding time are the same.
function asTrack({ type, time, body }, track) {
  const isConfig = body[1] === 0;
  const offset = body.readIntBE(2, 3);
  const packetType = isConfig ? 0 : offset ? 1 : 3;
  const head = Buffer.from([0x80 | (body[0] & 0x70) | 6, packetType, ...Buffer.from('avc1'), track]);
  return { type, time, body: Buffer.concat([head, body.subarray(packetType === 1 ? 2 : 5)]) };
}

// What RFC 6381 makes of each track's AVCDecoderConfigurationRecord: its second to fourth byte.
export function codecsOf(tags) {
  const records = tags.filter(({ type }) => type === VIDEO).flatMap(({ body }) => {
    const isMultitrack = (body[0] & 0x8f) === 0x86;
    if (isMultitrack ? body[1] !== 0 : body[1] !== 0 || body[0] & 0x80) return [];
    return [[isMultitrack ? body[6] : 0, body.subarray(isMultitrack ? 7 : 5)]];
  });
  return records.sort(([a], [b]) => a - b).map(([, record]) => `avc1.${record.toString('hex', 1, 4).toUpperCase()}`);
}

// ---- encoding ----

async function run(command, ...args) {
  const { code, stdout, stderr } = await runCommand(command, args, { timeout: 60_000 });
  if (code) throw new Error(`${command} ended with ${code}: ${stderr}`);
  return stdout;
}

const ffmpeg = (...args) => run('ffmpeg', '-hide_banner', '-nostdin', '-loglevel', 'error', ...args);

// `track`: { width, height, fps, kbps, source, keyint }; the last two, an lavfi filter and a number of frames, may be missing.
async function encode(file, track, { seconds, gop, audio, extra = [] }) {
  const keyint = String(track.keyint ?? track.fps * gop);
  await ffmpeg(
    '-f', 'lavfi', '-i', `${track.source ?? 'testsrc2'}=s=${track.width}x${track.height}:r=${track.fps}`,
    ...(audio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
    '-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'main', '-pix_fmt', 'yuv420p',
    '-b:v', `${track.kbps}k`, '-maxrate', `${track.kbps}k`, '-bufsize', `${track.kbps}k`,
    '-g', keyint, '-keyint_min', keyint, '-sc_threshold', '0', '-bf', '0', ...extra,
    ...(audio ? ['-c:a', 'aac', '-b:a', '160k'] : ['-an']), '-f', 'flv', '-y', file,
  );
  return readFlv(readFileSync(file));
}

async function encodeSound(file, { seconds }) {
  await ffmpeg('-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', String(seconds),
    '-c:a', 'aac', '-b:a', '160k', '-f', 'flv', '-y', file);
  return readFlv(readFileSync(file)).filter(({ type }) => type === AUDIO);
}

// An Enhanced RTMP packet of HEVC: of an ordinary one for the first track, else Multitrack, OneTrack.
function hevcPacket(number, packetType, isKey, ...body) {
  const frameType = 0x80 | (isKey ? 0x10 : 0x20);
  const head = number ? [frameType | 6, packetType, ...Buffer.from('hvc1'), number] : [frameType | packetType, ...Buffer.from('hvc1')];
  return Buffer.concat([Buffer.from(head), ...body]);
}

function recordOf(mp4) {
  const at = mp4.indexOf('hvcC');
  return mp4.subarray(at + 4, at - 4 + mp4.readUInt32BE(at - 4));
}

// IDRs go as CodedFrames, with a composition time of zero; the others as CodedFramesX, without one.
async function encodeHevc(file, track, number, { seconds, gop, hasMetrics }) {
  const frames = track.fps * gop;
  await ffmpeg('-f', 'lavfi', '-i', `testsrc2=s=${track.width}x${track.height}:r=${track.fps}`, '-t', String(seconds),
    '-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', `${track.kbps}k`, '-tag:v', 'hvc1',
    '-x265-params', `log-level=error:info=0:bframes=0:scenecut=0:open-gop=0:keyint=${frames}:min-keyint=${frames}:`
      + `vbv-maxrate=${track.kbps}:vbv-bufsize=${track.kbps}`, '-f', 'mp4', '-y', file);
  const mp4 = readFileSync(file);
  const { packets } = JSON.parse(await run('ffprobe', '-v', 'error', '-select_streams', 'v', '-of', 'json',
    '-show_entries', 'packet=pts_time,dts_time,pos,size,flags', file));
  const tags = packets.map(({ pts_time: pts, dts_time: dts, pos, size, flags }) => {
    const isKey = flags.startsWith('K');
    const data = mp4.subarray(Number(pos), Number(pos) + Number(size));
    if (pts !== dts) throw new Error('pictures are reordered');
    const body = isKey ? [Buffer.alloc(3), ...(hasMetrics ? [metrics('hevc', frames)] : []), data] : [data];
    return { type: VIDEO, time: Math.round(Number(dts) * 1000), body: hevcPacket(number, isKey ? 1 : 3, isKey, ...body) };
  });
  return [{ type: VIDEO, time: 0, body: hevcPacket(number, 0, true, recordOf(mp4)) }, ...tags];
}

// All tracks (of H.264, or `codec` says hevc) in the order of their times, as { type, time, body }; the first one brings the sound.
export async function encodeTracks(tracks, { seconds = 30, gop = 2, hasMetrics = true } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-tracks-'));
  try {
    const all = [];
    let begin; // of the pictures: sound before them, which only one file has, moves them
    const isHevc = tracks[0].codec === 'hevc';
    if (isHevc) {
      begin = 0;
      all.push(...(await encodeSound(path.join(folder, 'sound.flv'), { seconds })).map((tag) => ({ ...tag, order: 0 })));
    }
    for (const [i, track] of tracks.entries()) {
      if (track.codec === 'hevc') {
        const tags = await encodeHevc(path.join(folder, `${i}.mp4`), track, i, { seconds, gop, hasMetrics });
        all.push(...tags.map((tag) => ({ ...tag, time: tag.time + (begin ?? 0), order: i })));
        continue;
      }
      const tags = await encode(path.join(folder, `${i}.flv`), track, { seconds, gop, audio: i === 0 && !isHevc });
      const first = tags.find(isKeyFrame).time;
      begin ??= first;
      for (const tag of tags.filter((one) => one.type === VIDEO || (one.type === AUDIO && i === 0))) {
        const marked = hasMetrics && isKeyFrame(tag) ? withMetrics(tag, track.fps * gop) : tag;
        all.push({ ...(i ? asTrack(marked, i) : marked), time: tag.time + begin - first, order: i });
      }
    }
    return all.sort((a, b) => a.time - b.time || a.order - b.order);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Sends them in real time until they end or the server closes. `statuses` holds what it said.
export class MultitrackEncoder {
  constructor(url, tags) {
    this.client = new RtmpClient(url);
    this.tags = tags;
  }

  get statuses() { return this.client.statuses; }
  get isClosed() { return this.client.isClosed; }

  async start() {
    const status = await this.client.publish();
    if (status.code === 'NetStream.Publish.Start') this.done = this.#send();
    return status;
  }

  async #send() {
    const begin = performance.now();
    for (const { type, time, body } of this.tags) {
      const ahead = time - (performance.now() - begin);
      if (ahead > 5) await letItRun(ahead); // in real time
      if (this.client.isClosed) return;
      this.client.send(type, time, body);
    }
  }

  async stop() {
    this.client.close();
    await this.done;
  }
}
