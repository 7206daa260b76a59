// SPDX-License-Identifier: Apache-2.0
// FLV files taken apart and put together (Adobe FLV 10.1, annex E), to make encoders do what no
// option of theirs asks for.
import { readFileSync, writeFileSync } from 'node:fs';

const HEADER = 9 + 4;

export const VIDEO = 9;
export const AUDIO = 8;

// [{ type, ms, body }]
export function readFlv(file) {
  const bytes = readFileSync(file);
  const tags = [];
  for (let at = HEADER; at + 11 <= bytes.length;) {
    const length = bytes.readUIntBE(at + 1, 3);
    const ms = bytes.readUIntBE(at + 4, 3) + bytes[at + 7] * 2 ** 24;
    tags.push({ type: bytes[at], ms, body: bytes.subarray(at + 11, at + 11 + length) });
    at += 11 + length + 4;
  }
  return tags;
}

export function writeFlv(file, tags) {
  const chunks = [Buffer.from('464c5601050000000900000000', 'hex')];
  for (const { type, ms, body } of tags) {
    const head = Buffer.alloc(11);
    head[0] = type;
    head.writeUIntBE(body.length, 1, 3);
    head.writeUIntBE(ms % 2 ** 24, 4, 3);
    head[7] = Math.floor(ms / 2 ** 24);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(11 + body.length);
    chunks.push(head, body, size);
  }
  writeFileSync(file, Buffer.concat(chunks));
}

// Headers without media: metadata and sequence headers.
export const isHeader = ({ type, body }) => (type !== VIDEO && type !== AUDIO) || body[1] === 0;
