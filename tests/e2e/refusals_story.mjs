// SPDX-License-Identifier: Apache-2.0
// Encoders that may not publish are told why, and nobody else notices.
import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { once } from 'node:events';

import { DeleteStreamKeyCommand } from '@aws-sdk/client-ivs';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const VERBOSE = ['-loglevel', 'verbose'];

async function refusal(kit, url) {
  const encoder = kit.encoder(url, { seconds: 10, before: VERBOSE });
  await encoder.ended;
  assert.notEqual(encoder.code, 0, 'the encoder fails');
  return encoder.log;
}

story('a wrong key is refused', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  const log = await refusal(kit, `${server.rtmp}/app/${channel.key.slice(0, -4)}AAAA`);
  assert.match(log, /Publish\.BadName|stream key/i);
  assert.equal((await fetch(channel.playbackUrl)).status, 404);
});

story('a deleted key is refused', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  await kit.ivs().send(new DeleteStreamKeyCommand({ arn: channel.streamKey.arn }));
  await refusal(kit, channel.rtmpUrl);
});

story('plain RTMP to a channel that wants TLS is told where to go', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { insecureIngest: false });
  const log = await refusal(kit, channel.rtmpUrl);
  const { port } = new URL(server.rtmps.replace('rtmps:', 'https:'));
  const place = new RegExp(`rtmps://[^/\\s"]+:${port}/app`);
  assert.match(server.log, place, 'the log names the RTMPS URL');
  assert.match(log, place, 'so does the answer');
});

story('whoever mixes up the ports for RTMP and RTMPS finds it in the log', async (kit) => {
  const server = await kit.server();
  const portOf = (address) => Number(address.split(':').pop());
  const clear = net.connect(portOf(server.rtmps), '127.0.0.1', () => clear.write(Buffer.alloc(1537, 3)));
  const encrypted = tls.connect({ port: portOf(server.rtmp), host: '127.0.0.1' });
  for (const socket of [clear, encrypted]) socket.on('error', () => {});
  await until('a line about RTMP in clear', () => /encoders need rtmps:\/\/ on this port: peer=127\.0\.0\.1/.test(server.log));
  await until('a line about TLS', () => /closing: .*TLS on the port for RTMP in clear/.test(server.log));
});

story('a second encoder does not disturb the first', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit);
  const first = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  await refusal(kit, channel.rtmpUrl);
  assert.ok(first.isRunning);
  const playlist = await untilPlaylist(variant.url, 'more segments', (p) => p.segments.length >= 5);
  assert.ok(playlist.segments.every((segment) => !segment.isDiscontinuity));
});

// The socket stays writable until the server has had enough.
async function untilClosed(server, bytes) {
  const { hostname, port } = new URL(server.rtmp.replace('rtmp:', 'http:'));
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket, 'close');
}

story('nonsense closes only its own connection', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  await untilClosed(server, Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
  const handshake = Buffer.alloc(1 + 1536 + 1536);
  handshake[0] = 3;
  await untilClosed(server, Buffer.concat([handshake, Buffer.alloc(5000, 0xff)]));
  await until('the reason in the log', () => /rtmp#\d+/.test(server.log));
  assert.ok(encoder.isRunning);
  assert.equal((await fetch(channel.playbackUrl)).status, 200);
});
