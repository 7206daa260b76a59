// SPDX-License-Identifier: Apache-2.0
// Any HTTP client gets what it may expect: every version, ranges, HEAD, compression.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { fetchBytes } from './support/probe.mjs';
import { story } from './support/story.mjs';

async function curl(...args) {
  const { code, stdout, stderr } = await runCommand('curl', ['-sS', ...args]);
  if (code) throw new Error(stderr);
  return stdout;
}

async function goLive(kit) {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'two segments', (p) => p.segments.length >= 2);
  return { server, variant, playlist, segment: playlist.segments[0].url };
}

story('HTTP/1.1, HTTP/2 in clear and over TLS deliver the same bytes', async (kit) => {
  const { server, segment } = await goLive(kit);
  const expected = (await fetchBytes(segment)).length;
  const { pathname } = new URL(segment);
  const size = (...args) => curl('-o', '/dev/null', '-w', '%{http_version} %{http_code} %{size_download}', ...args);
  assert.equal(await size('--http1.1', `${server.http}${pathname}`), `1.1 200 ${expected}`);
  assert.equal(await size('--http2-prior-knowledge', `${server.http}${pathname}`), `2 200 ${expected}`);
  assert.equal(await size('-k', '--http1.1', `${server.https}${pathname}`), `1.1 200 ${expected}`);
  assert.equal(await size('-k', '--http2', `${server.https}${pathname}`), `2 200 ${expected}`);
});

story('a part of a segment can be asked for, and its size alone', async (kit) => {
  const { segment } = await goLive(kit);
  const whole = await fetchBytes(segment);
  const range = await fetch(segment, { headers: { range: 'bytes=188-375' } });
  assert.equal(range.status, 206);
  assert.equal(range.headers.get('content-range'), `bytes 188-375/${whole.length}`);
  assert.deepEqual(Buffer.from(await range.arrayBuffer()), whole.subarray(188, 376));
  const tail = await fetch(segment, { headers: { range: 'bytes=-188' } });
  assert.deepEqual(Buffer.from(await tail.arrayBuffer()), whole.subarray(-188));
  assert.equal((await fetch(segment, { headers: { range: `bytes=${whole.length}-` } })).status, 416);
  const head = await fetch(segment, { method: 'HEAD' });
  assert.equal(Number(head.headers.get('content-length')), whole.length);
});

// Takes the beginning of an answer, then waits for `more()`, then for the rest.
async function fetchSlowly(url, more) {
  const { hostname, port, pathname } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const chunks = [];
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  await once(socket, 'readable');
  await more(socket);
  socket.on('data', (data) => chunks.push(data));
  if (!socket.destroyed) await once(socket, 'close');
  const answer = Buffer.concat(chunks);
  return answer.subarray(answer.indexOf('\r\n\r\n') + 4);
}

story('whoever comes, however often and slowly, gets the same segment', async (kit) => {
  const { segment } = await goLive(kit);
  const whole = await fetchBytes(segment);
  const fetchMany = async () => {
    for (const bytes of await Promise.all(Array.from({ length: 20 }, () => fetchBytes(segment)))) assert.deepEqual(bytes, whole);
  };
  await fetchMany();
  assert.deepEqual(await fetchSlowly(segment, fetchMany), whole);
  await fetchSlowly(segment, (socket) => socket.destroy()); // leaves in the middle
  await fetchMany();
  for (const [first, last] of [[0, 0], [1, 20_000], [4096, whole.length - 1]]) {
    const range = await fetch(segment, { headers: { range: `bytes=${first}-${last}` } });
    assert.deepEqual(Buffer.from(await range.arrayBuffer()), whole.subarray(first, last + 1));
  }
  const head = await fetch(segment, { method: 'HEAD' });
  assert.equal(Number(head.headers.get('content-length')), whole.length);
  await fetchMany();
});

story('playlists are compressed for those who take it', async (kit) => {
  const { variant } = await goLive(kit);
  const { stdout } = await runCommand('curl', ['-sS', '-i', '--raw', '--http1.1', '-H', 'accept-encoding: gzip', '-o', '-', variant.url]);
  assert.match(stdout, /^content-encoding: gzip/im);
  assert.match(stdout, /^vary:.*accept-encoding/im);
  const response = await fetch(variant.url, { headers: { 'accept-encoding': 'identity' } });
  assert.equal(response.headers.get('content-encoding'), null);
  assert.match(await response.text(), /^#EXTM3U/);
});

story('pipelined requests are answered in order', async (kit) => {
  const server = await kit.server();
  const { hostname, port } = new URL(server.http);
  const socket = net.connect(Number(port), hostname);
  let text = '';
  socket.on('data', (data) => { text += data; });
  const request = (path, more = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
  socket.write(request('/healthz') + request('/web/icon.svg') + request('/nowhere', 'connection: close\r\n'));
  await once(socket, 'close');
  assert.deepEqual([...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1]), ['200', '200', '404']);
});

story('requests that smuggle are refused', async (kit) => {
  const server = await kit.server();
  const { hostname, port } = new URL(server.http);
  for (const head of [
    'content-length: 5\r\ntransfer-encoding: chunked', 'content-length: 5\r\ncontent-length: 6', 'transfer-encoding: chunked, identity',
    'x: a\r\n b', 'content-length: +5', 'x\r: a',
  ]) {
    const socket = net.connect(Number(port), hostname);
    let text = '';
    socket.on('data', (data) => { text += data; });
    socket.on('error', () => {});
    socket.write(`POST /ListChannels HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n0\r\n\r\n`);
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 (400|501)/, `${head}: ${text}`);
  }
});
