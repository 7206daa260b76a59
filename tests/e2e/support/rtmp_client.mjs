// SPDX-License-Identifier: Apache-2.0
// An RTMP publisher for what ffmpeg cannot send: it says what it is told to and notes what it hears.
import net from 'node:net';
import tls from 'node:tls';

import { until } from './wait.mjs';

const CHUNK_SIZE = 65536;
const HANDSHAKE_SIZE = 1536;
const SET_CHUNK_SIZE = 1;
const COMMAND = 20;

// ---- AMF0 (Adobe, 2007): numbers, strings, objects, null ----

function encode(value) {
  if (value === null) return Buffer.from([5]);
  if (typeof value === 'number') {
    const out = Buffer.alloc(9);
    out.writeDoubleBE(value, 1);
    return out;
  }
  if (typeof value === 'string') return Buffer.concat([Buffer.from([2]), name(value)]);
  const members = Object.entries(value).flatMap(([key, member]) => [name(key), encode(member)]);
  return Buffer.concat([Buffer.from([3]), ...members, Buffer.from([0, 0, 9])]);
}

function name(text) {
  const out = Buffer.alloc(2 + Buffer.byteLength(text));
  out.writeUInt16BE(out.length - 2);
  out.write(text, 2);
  return out;
}

export const encodeAll = (...values) => Buffer.concat(values.map(encode));

function decodeAll(bytes) {
  let at = 0;
  const text = () => {
    const length = bytes.readUInt16BE(at);
    at += 2 + length;
    return bytes.toString('utf8', at - length, at);
  };
  const value = () => {
    const type = bytes[at++];
    if (type === 0) return bytes.readDoubleBE((at += 8) - 8);
    if (type === 1) return Boolean(bytes[at++]);
    if (type === 2) return text();
    if (type === 5 || type === 6) return null;
    if (type === 10) return Array.from({ length: bytes.readUInt32BE((at += 4) - 4) }, value);
    if (type === 8) at += 4;
    if (type !== 3 && type !== 8) throw new Error(`AMF type ${type}`);
    const object = {};
    for (let key = text(); key; key = text()) object[key] = value();
    at++;
    return object;
  };
  const values = [];
  while (at < bytes.length) values.push(value());
  return values;
}

// ---- chunks (RTMP 1.0, 5.3.1) ----

// Splits what the server says into messages; hands each to `onMessage(type, payload)`.
class ChunkReader {
  size = 128;
  streams = new Map();
  pending = Buffer.alloc(0);

  constructor(onMessage) { this.onMessage = onMessage; }

  feed(bytes) {
    this.pending = Buffer.concat([this.pending, bytes]);
    for (let used = this.#take(); used; used = this.#take()) this.pending = this.pending.subarray(used);
  }

  // The length of the chunk at the start, 0 while it is not whole.
  #take() {
    const { pending } = this;
    if (!pending.length) return 0;
    const id = pending[0] & 0x3f;
    const stream = this.streams.get(id) ?? { payload: [] };
    const header = 1 + [11, 7, 3, 0][pending[0] >> 6];
    if (pending.length < header) return 0;
    const length = header > 4 ? pending.readUIntBE(4, 3) : stream.length;
    const type = header > 4 ? pending[7] : stream.type;
    const have = stream.payload.reduce((sum, piece) => sum + piece.length, 0);
    const piece = Math.min(this.size, length - have);
    if (pending.length < header + piece) return 0;
    stream.payload.push(Buffer.from(pending.subarray(header, header + piece)));
    this.streams.set(id, { ...stream, length, type });
    if (have + piece === length) {
      const payload = Buffer.concat(stream.payload);
      stream.payload.length = 0;
      if (type === SET_CHUNK_SIZE) this.size = payload.readUInt32BE();
      this.onMessage(type, payload);
    }
    return header + piece;
  }
}

function chunksOf({ chunkStream, type, stream, timestamp, payload }) {
  const header = Buffer.alloc(12);
  const isExtended = timestamp >= 0xffffff;
  const extended = Buffer.alloc(isExtended ? 4 : 0);
  header[0] = chunkStream;
  header.writeUIntBE(isExtended ? 0xffffff : timestamp, 1, 3);
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  header.writeUInt32LE(stream, 8);
  if (isExtended) extended.writeUInt32BE(timestamp);
  const pieces = [header, extended];
  for (let at = 0; at < payload.length || at === 0; at += CHUNK_SIZE) {
    if (at) pieces.push(Buffer.from([0xc0 | chunkStream]), extended);
    pieces.push(payload.subarray(at, at + CHUNK_SIZE));
  }
  return Buffer.concat(pieces);
}

// ---- the conversation ----

export class RtmpClient {
  statuses = []; // { level, code, description } of every onStatus
  isClosed = false;
  #results = new Map();

  // `url` as a user gives it: rtmp://host:port/app/key?query, or rtmps:, whose certificate is taken as it is.
  constructor(url) {
    const [, scheme, host, port, app, key] = url.match(/^(rtmps?):\/\/([^:/]+):(\d+)\/([^/]+)\/(.+)$/);
    Object.assign(this, { scheme, host, port: Number(port), app, key });
  }

  #connect() {
    const { host, port } = this;
    return this.scheme === 'rtmps' ? tls.connect({ host, port, rejectUnauthorized: false }) : net.connect(port, host);
  }

  async publish() {
    await this.#shakeHands();
    const size = Buffer.alloc(4);
    size.writeUInt32BE(CHUNK_SIZE);
    this.#write({ chunkStream: 2, type: SET_CHUNK_SIZE, stream: 0, timestamp: 0, payload: size });
    this.#command(0, 'connect', 1, { app: this.app, flashVer: 'story', tcUrl: `${this.scheme}://${this.host}:${this.port}/${this.app}` });
    this.#command(0, 'createStream', 2, null);
    const stream = await until('an answer to createStream', () => this.#results.get(2), { interval: 10 });
    this.stream = stream;
    this.#command(stream, 'publish', 3, null, this.key, 'live');
    const status = await until('an answer to publish', () => this.statuses[0] ?? (this.isClosed && { code: 'closed' }), { interval: 10 });
    return status;
  }

  // A message of audio (8), video (9) or data (18).
  send(type, timestamp, payload) {
    if (!this.isClosed) this.#write({ chunkStream: type === 8 ? 4 : 6, type, stream: this.stream, timestamp, payload });
  }

  close() { this.socket?.destroy(); }

  #write(message) { this.socket.write(chunksOf(message)); }

  #command(stream, ...values) {
    this.#write({ chunkStream: 3, type: COMMAND, stream, timestamp: 0, payload: encodeAll(...values) });
  }

  #onMessage(type, payload) {
    if (type !== COMMAND) return;
    const [command, transaction, , info] = decodeAll(payload);
    if (command === '_result') this.#results.set(transaction, info);
    if (command === 'onStatus') this.statuses.push(info);
  }

  // 5.2: S0, S1 and S2 in, C0, C1 and C2 out.
  async #shakeHands() {
    let hello = Buffer.alloc(0);
    const reader = new ChunkReader((type, payload) => this.#onMessage(type, payload));
    this.socket = this.#connect();
    this.socket.on('error', () => {});
    this.socket.on('close', () => { this.isClosed = true; });
    this.socket.on('data', (bytes) => {
      if (hello.length >= 1 + 2 * HANDSHAKE_SIZE) { reader.feed(bytes); return; }
      hello = Buffer.concat([hello, bytes]);
      reader.feed(hello.subarray(1 + 2 * HANDSHAKE_SIZE));
    });
    this.socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(HANDSHAKE_SIZE)]));
    await until('the handshake', () => hello.length >= 1 + 2 * HANDSHAKE_SIZE, { interval: 5 });
    this.socket.write(hello.subarray(1, 1 + HANDSHAKE_SIZE));
  }
}
