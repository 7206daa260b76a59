// SPDX-License-Identifier: Apache-2.0
// Who may do what: the examples of docs/access.md, other accounts, keys that end.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { CreateChannelCommand, GetChannelCommand, GetStreamKeyCommand, ListChannelsCommand, ListStreamKeysCommand } from '@aws-sdk/client-ivs';

import { runCommand } from './support/child.mjs';
import { isInstalled } from './support/postgres.mjs';
import { binary } from './support/server.mjs';
import { story } from './support/story.mjs';

// The policies that the document shows, in their order.
const examples = [...readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8').matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text]) => text);

// Makes a key beside the running server, as its operator does.
async function makeKey(server, { policy, more = [] } = {}) {
  const args = ['keys', 'create', '--data', server.dataDir, ...more];
  if (policy) {
    const file = path.join(server.dataDir, 'policy.json');
    writeFileSync(file, policy);
    args.push('--policy', file);
  }
  const { code, stdout, stderr } = await runCommand(binary, args);
  assert.equal(code, 0, stderr);
  const value = (name) => stdout.match(new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm'))?.[1];
  return { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key'), sessionToken: value('aws_session_token') };
}

const isDenied = (action) => (error) => error.name === 'AccessDeniedException' && (error.exceptionMessage ?? error.message).includes(`ivs:${action}`);

story('the reader of the document looks and touches nothing', async (kit) => {
  const server = await kit.server();
  const { channel, streamKey } = await kit.ivs().send(new CreateChannelCommand({ name: 'seen' }));
  const reader = kit.ivs({ credentials: await makeKey(server, { policy: examples[0] }) });
  assert.equal((await reader.send(new GetChannelCommand({ arn: channel.arn }))).channel.name, 'seen');
  assert.equal((await reader.send(new ListStreamKeysCommand({ channelArn: channel.arn }))).streamKeys[0].arn, streamKey.arn);
  await assert.rejects(reader.send(new GetStreamKeyCommand({ arn: streamKey.arn })), isDenied('GetStreamKey'));
  await assert.rejects(reader.send(new CreateChannelCommand({})), isDenied('CreateChannel'));
});

story('the red team of the document has its own, from its office and over TLS alone', async (kit) => {
  const server = await kit.server();
  const create = (tags) => kit.ivs().send(new CreateChannelCommand({ tags }));
  const red = (await create({ team: 'red' })).channel.arn;
  const blue = (await create({ team: 'blue' })).channel.arn;
  const fromHere = examples[1].replace('192.0.2.0/24', '127.0.0.0/8').replace('"aws:SecureTransport": "true"', '"aws:SecureTransport": "false"');
  const member = kit.ivs({ credentials: await makeKey(server, { policy: fromHere }) });
  assert.equal((await member.send(new GetChannelCommand({ arn: red }))).channel.arn, red);
  await assert.rejects(member.send(new GetChannelCommand({ arn: blue })), isDenied('GetChannel'));
  assert.equal((await member.send(new CreateChannelCommand({ tags: { team: 'red' } }))).channel.tags.team, 'red');
  await assert.rejects(member.send(new CreateChannelCommand({ tags: { team: 'blue' } })), isDenied('CreateChannel'));
  const elsewhere = kit.ivs({ credentials: await makeKey(server, { policy: examples[1] }) });
  await assert.rejects(elsewhere.send(new GetChannelCommand({ arn: red })), isDenied('GetChannel'));
});

async function tellAccountsApart(kit, { options = [], more = [] } = {}) {
  const server = await kit.server({ options });
  const { channel } = await kit.ivs().send(new CreateChannelCommand({}));
  const key = await makeKey(server, { more: ['--account', '222222222222', '--session-minutes', '5', ...more] });
  assert.ok(key.sessionToken);
  const other = kit.ivs({ credentials: key });
  assert.deepEqual((await other.send(new ListChannelsCommand({}))).channels, []);
  await assert.rejects(other.send(new GetChannelCommand({ arn: channel.arn })), { name: 'AccessDeniedException' });
  const own = (await other.send(new CreateChannelCommand({}))).channel;
  assert.match(own.arn, /:222222222222:channel\//);
  assert.equal((await kit.ivs().send(new ListChannelsCommand({}))).channels.length, 1);
  const { sessionToken, ...halfKey } = key;
  for (const credentials of [halfKey, { ...halfKey, sessionToken: `${sessionToken.slice(0, -1)}${sessionToken.endsWith('A') ? 'B' : 'A'}` }])
    await assert.rejects(kit.ivs({ credentials }).send(new ListChannelsCommand({})), { name: 'UnrecognizedClientException' });
}

story('a temporary key of another account sees nothing of the first, and is worth nothing without its token', (kit) => tellAccountsApart(kit));

if (isInstalled) {
  story('the same in PostgreSQL', async (kit) => {
    const store = ['--store', (await kit.postgres()).url];
    await tellAccountsApart(kit, { options: store, more: store });
  }, { timeout: 120_000 });
}
