// SPDX-License-Identifier: Apache-2.0
// What an operator sees on the command line, above all when something is wrong.
import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { ListChannelsCommand } from '@aws-sdk/client-ivs';

import { createChannel } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { binary, makeDataDir } from './support/server.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const weir = (...args) => runCommand(binary, args, { timeout: 10_000 });

async function refusesToStart(kit, name, ...args) {
  const data = makeDataDir();
  kit.onEnd(async () => rmSync(data, { recursive: true }));
  const { code, stderr } = await weir('serve', '--data', data, '--http', '127.0.0.1:0', ...args);
  assert.equal(code, 2, `${name}: ended with ${code}\n${stderr}`);
  const lines = stderr.trim().split('\n');
  assert.equal(lines.length, 1, `${name}: one line expected\n${stderr}`);
  assert.match(lines[0], name);
}

story('a broken option gives one clear line and status 2', async (kit) => {
  await refusesToStart(kit, /--http/, '--http', 'nonsense');
  await refusesToStart(kit, /--rtmp/, '--rtmp', '127.0.0.1:99999');
  await refusesToStart(kit, /--loops/, '--loops', 'many');
  await refusesToStart(kit, /--nonsense/, '--nonsense');
  await refusesToStart(kit, /--tls-cert|--tls-key/, '--tls-cert', '/nonexistent.pem');
  await refusesToStart(kit, /--config/, '--config', '/nonexistent.conf');
  await refusesToStart(kit, /--log-level/, '--log-level', 'loud');
  await refusesToStart(kit, /--quota/, '--quota', 'channels=few');
  await refusesToStart(kit, /--account/, '--account', 'me');
});

story('a config file is read, and a mistake in it is named with its line', async (kit) => {
  const data = makeDataDir();
  kit.onEnd(async () => rmSync(data, { recursive: true }));
  const file = path.join(data, 'weir.conf');
  writeFileSync(file, '# ours\nregion = eu-central-1\n\nloops = many\n');
  const { code, stderr } = await weir('serve', '--config', file);
  assert.equal(code, 2);
  assert.match(stderr, /weir\.conf:4|line 4/);
});

story('help and version', async () => {
  const help = await weir('serve', '--help');
  assert.equal(help.code, 0);
  for (const option of ['--data', '--http', '--https', '--rtmp', '--rtmps', '--public-url', '--loops', '--config', '--unlimited'])
    assert.ok(help.stdout.includes(option), `${option} is missing in --help`);
  assert.match((await weir('--version')).stdout, /^weir \d+\.\d+\.\d+/);
  assert.equal((await weir('nonsense')).code, 2);
});

story('a second server on the same data directory says so and ends with 1', async (kit) => {
  const server = await kit.server();
  const { code, stderr } = await weir('serve', '--data', server.dataDir, '--http', '127.0.0.1:0', '--https', 'off', '--rtmp', 'off', '--rtmps', 'off');
  assert.equal(code, 1, stderr);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
});

story('a port that is taken is named', async (kit) => {
  const server = await kit.server();
  const data = makeDataDir();
  kit.onEnd(async () => rmSync(data, { recursive: true }));
  const { host } = new URL(server.http);
  const { code, stderr } = await weir('serve', '--data', data, '--http', host, '--https', 'off', '--rtmp', 'off', '--rtmps', 'off');
  assert.equal(code, 1, stderr);
  assert.ok(stderr.includes(host), stderr);
});

story('a certificate that is not there is named, also where no port needs it', async (kit) => {
  const data = makeDataDir();
  kit.onEnd(async () => rmSync(data, { recursive: true }));
  const file = path.join(data, 'none.pem');
  for (const off of [[], ['--https', 'off', '--rtmps', 'off']]) {
    const { code, stderr } = await weir('serve', '--data', data, '--http', '127.0.0.1:0', '--https', '127.0.0.1:0', '--rtmps', '127.0.0.1:0',
      '--rtmp', 'off', '--tls-cert', file, '--tls-key', file, ...off);
    assert.equal(code, 1, stderr);
    assert.ok(stderr.includes(file), stderr);
  }
});

story('access keys are made, disabled and deleted while the server runs', async (kit) => {
  const server = await kit.server();
  const keys = (...args) => weir('keys', ...args, '--data', server.dataDir);
  assert.equal(statSync(path.join(server.dataDir, 'credentials')).mode & 0o777, 0o600);

  const made = await keys('create');
  assert.equal(made.code, 0, made.stderr);
  const text = made.stdout;
  const accessKeyId = text.match(/\bAKIA[A-Z0-9]{16}\b/)[0];
  const secretAccessKey = text.match(/secret\S*\s*[=:]\s*(\S+)/i)[1];
  const ask = () => kit.ivs({ credentials: { accessKeyId, secretAccessKey } }).send(new ListChannelsCommand({}));
  const works = async () => Boolean(await ask());
  const isRefused = () => ask().then(() => false, (error) => error.name === 'UnrecognizedClientException');

  await until('the new key to work', works, { timeout: 1500 });
  const listed = await keys('list');
  assert.ok(listed.stdout.includes(accessKeyId));
  assert.ok(!listed.stdout.includes(secretAccessKey), 'a list shows no secrets');
  assert.equal((await keys('disable', accessKeyId)).code, 0);
  await until('the disabled key to be refused', isRefused, { timeout: 1500 });
  assert.equal((await keys('delete', accessKeyId)).code, 0);
  assert.ok(!(await keys('list')).stdout.includes(accessKeyId));
  assert.notEqual((await keys('delete', accessKeyId)).code, 0);
});

story('keys and channels made side by side by two processes outlive both', async (kit) => {
  const server = await kit.server();
  const keys = (...args) => weir('keys', ...args, '--data', server.dataDir);
  const before = await createChannel(kit, { name: 'before' });
  const accessKeyId = (await keys('create')).stdout.match(/\bAKIA[A-Z0-9]{16}\b/)[0];
  const after = await createChannel(kit, { name: 'after' });
  await server.restart();
  const { channels } = await kit.ivs().send(new ListChannelsCommand({}));
  assert.deepEqual(channels.map((channel) => channel.arn), [before.arn, after.arn]);
  assert.ok((await keys('list')).stdout.includes(accessKeyId));
});
