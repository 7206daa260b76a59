// SPDX-License-Identifier: Apache-2.0
// What a customer's code sees when it gets a request wrong: the errors that AWS gives.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';

import {
  CreateChannelCommand, GetChannelCommand, GetStreamCommand, ListChannelsCommand, TagResourceCommand, UpdateChannelCommand,
} from '@aws-sdk/client-ivs';

import { createChannel } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { story } from './support/story.mjs';

// A signed request by curl, a signer that is neither ours nor the SDK's.
async function signed(server, path, body, { region = 'us-west-2', key = server.credentials, extra = [] } = {}) {
  const { stdout } = await runCommand('curl', [
    '-sS', '-i', '--http1.1', '--aws-sigv4', `aws:amz:${region}:ivs`, '--user', `${key.accessKeyId}:${key.secretAccessKey}`,
    '-H', 'content-type: application/json', '--data-binary', '@-', ...extra, `${server.http}${path}`,
  ], { input: body });
  const [head, ...rest] = stdout.replace(/^HTTP\/1.1 100[^]*?\r\n\r\n/, '').split('\r\n\r\n');
  return {
    status: Number(head.match(/^HTTP\/\S+ (\d+)/)[1]),
    type: head.match(/^x-amzn-errortype: *(\S+)/im)?.[1],
    requestId: head.match(/^x-amzn-requestid: *(\S+)/im)?.[1],
    body: JSON.parse(rest.join('\r\n\r\n') || '{}'),
  };
}

async function refused(promise, { name, status, message }) {
  const error = await promise.then(() => assert.fail(`${name} expected`), (e) => e);
  assert.equal(error.name, name, error.message);
  assert.equal(error.$metadata.httpStatusCode, status);
  if (message) assert.match(error.exceptionMessage ?? error.message, message);
}

story('a broken constraint names the member', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const { arn } = await createChannel(kit);
  const invalid = (message) => ({ name: 'ValidationException', status: 400, message });
  await refused(ivs.send(new CreateChannelCommand({ name: 'no spaces' })), invalid(/name/));
  await refused(ivs.send(new CreateChannelCommand({ type: 'HUGE' })), invalid(/type/));
  await refused(ivs.send(new CreateChannelCommand({ latencyMode: 'LOWEST' })), invalid(/latencyMode/));
  await refused(ivs.send(new CreateChannelCommand({ type: 'BASIC', preset: 'HIGHER_BANDWIDTH_DELIVERY' })), invalid(/preset/));
  await refused(ivs.send(new CreateChannelCommand({ tags: { 'aws:x': '1' } })), invalid(/tags/));
  await refused(ivs.send(new UpdateChannelCommand({ arn: 'nonsense' })), invalid(/arn/));
  await refused(ivs.send(new ListChannelsCommand({ maxResults: 101 })), invalid(/maxResults/));
  await refused(ivs.send(new ListChannelsCommand({ nextToken: 'AAAA' })), invalid(/nextToken/));
  await refused(ivs.send(new TagResourceCommand({ resourceArn: arn, tags: { '': 'x' } })), invalid(/tags/));
});

story('what is not there is not found, and an idle channel has no stream', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const { arn } = await createChannel(kit);
  const unknown = arn.replace(/.{12}$/, 'AAAAAAAAAAAA');
  await refused(ivs.send(new GetChannelCommand({ arn: unknown })), { name: 'ResourceNotFoundException', status: 404 });
  await refused(ivs.send(new GetStreamCommand({ channelArn: arn })), { name: 'ChannelNotBroadcasting', status: 404 });
  await refused(ivs.send(new GetChannelCommand({ arn: arn.replace('000000000000', '111111111111') })),
    { name: 'AccessDeniedException', status: 403 });
});

story('signatures: none, wrong, stale, foreign', async (kit) => {
  const server = await kit.server();
  const { accessKeyId, secretAccessKey } = server.credentials;
  const as = (settings) => kit.ivs(settings).send(new ListChannelsCommand({}));

  const unsigned = await fetch(`${server.http}/ListChannels`, { method: 'POST', body: '{}' });
  assert.equal(unsigned.status, 403);
  assert.equal(unsigned.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException');
  await refused(as({ credentials: { accessKeyId, secretAccessKey: 'wrong' } }), { name: 'InvalidSignatureException', status: 403 });
  await refused(as({ credentials: { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey } }), { name: 'UnrecognizedClientException', status: 403 });
  await refused(as({ region: 'eu-west-1' }), { name: 'InvalidSignatureException', status: 403, message: /us-west-2/ });
  await refused(as({ systemClockOffset: -3_600_000 }), { name: 'InvalidSignatureException', status: 403, message: /expired/i });
  assert.deepEqual((await as({})).channels, []);
});

story('an SDK with a wrong clock corrects itself from the answer', async (kit) => {
  await kit.server();
  const ivs = kit.ivs({ systemClockOffset: -3_600_000, maxAttempts: 2 });
  assert.deepEqual((await ivs.send(new ListChannelsCommand({}))).channels, []);
});

story('another signer is understood, and other mistakes get the answers of AWS', async (kit) => {
  const server = await kit.server();
  const fine = await signed(server, '/CreateChannel', '{"name":"by-curl","unknownMember":[1,{"a":null}]}');
  assert.deepEqual([fine.status, fine.body.channel.name], [200, 'by-curl']);
  assert.ok(fine.requestId);

  const answer = async (path, body) => {
    const { status, type } = await signed(server, path, body);
    return [status, type];
  };
  assert.deepEqual(await answer('/CreateChannel', '{"name":'), [400, 'SerializationException']);
  assert.deepEqual(await answer('/CreateChannel', '[]'), [400, 'SerializationException']);
  assert.deepEqual(await answer('/CreateChannel', '{"name":7}'), [400, 'SerializationException']);
  assert.deepEqual(await answer('/NoSuchOperation', '{}'), [404, 'UnknownOperationException']);
  assert.deepEqual(await answer('/CreateChannel', `{"name":"${'x'.repeat(600_000)}"}`), [413, 'RequestEntityTooLargeException']);
  assert.equal((await answer('/CreateChannel', '['.repeat(100_000)))[0], 400);
});

// As botocore does: the answer is looked at when the whole body is out. It is far more than sockets buffer.
async function sendAll(server, head, pieces) {
  const { hostname, port } = new URL(server.http);
  const socket = net.connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  socket.pause();
  socket.write(`POST /CreateChannel HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${head}\r\n\r\n`);
  for (const piece of pieces) if (!socket.write(piece)) await once(socket, 'drain');
  const received = [];
  socket.on('data', (data) => received.push(data)).resume();
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(received).toString();
}

story('who does not send what was announced hears so', async (kit) => {
  const server = await kit.server();
  const answer = await sendAll(server, 'Content-Length: 100', [Buffer.from('{"name":')]);
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.match(answer, /^x-amzn-errortype: RequestTimeoutException\r$/im);
  assert.match(JSON.parse(answer.split('\r\n\r\n').at(-1)).message, /not sent in time/);
});

story('who sends far too much hears so, however it is sent', async (kit) => {
  const server = await kit.server();
  const pieces = Array.from({ length: 256 }, () => Buffer.alloc(65536, 'x'));
  const length = 256 * 65536;
  const isTooLarge = (answer) => {
    assert.match(answer, /^HTTP\/\S+ 413 /);
    assert.match(answer, /^x-amzn-errortype: RequestEntityTooLargeException\r$/im);
    assert.match(answer, /^x-amzn-requestid: [0-9a-f-]{36}\r$/im);
    assert.match(answer, /^content-type: application\/json\r$/im);
    const body = JSON.parse(answer.split('\r\n\r\n').at(-1));
    assert.match(body.message, /larger than 262144 bytes/);
    assert.equal(body.exceptionMessage, body.message);
  };
  isTooLarge(await sendAll(server, `Content-Length: ${length}`, pieces));
  const chunks = pieces.map((piece) => Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]));
  isTooLarge(await sendAll(server, 'Transfer-Encoding: chunked', chunks));
  for (const [version, base] of [['--http1.1', server.http], ['--http2-prior-knowledge', server.http], ['--http2', server.https]]) {
    const { stdout } = await runCommand('curl', ['-sS', '-k', '-i', version, '-H', 'expect:', '--data-binary', '@-', `${base}/CreateChannel`],
      { input: Buffer.concat(pieces) });
    isTooLarge(stdout);
  }
});

story('browsers may ask from any origin', async (kit) => {
  const server = await kit.server();
  const preflight = await fetch(`${server.http}/CreateChannel`, {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,x-amz-date' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  assert.match(preflight.headers.get('access-control-allow-headers'), /authorization/);
});
