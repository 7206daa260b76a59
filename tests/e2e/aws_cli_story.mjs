// SPDX-License-Identifier: Apache-2.0
// The AWS CLI works with the line that the server prints, in clear and over TLS.
import assert from 'node:assert/strict';
import path from 'node:path';

import { runCommand } from './support/child.mjs';
import { region } from './support/server.mjs';
import { story } from './support/story.mjs';

function cliOf(server, endpoint = server.http, env = {}) {
  return async (...args) => {
    const { code, stdout, stderr } = await runCommand('aws', ['ivs', ...args, '--endpoint-url', endpoint, '--region', region, '--output', 'json'], {
      env: {
        PATH: process.env.PATH, HOME: server.dataDir, AWS_SHARED_CREDENTIALS_FILE: path.join(server.dataDir, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '', ...env,
      },
    });
    if (code) throw new Error(stderr);
    return stdout.trim() ? JSON.parse(stdout) : null;
  };
}

story('the CLI creates, lists, tags and deletes a channel', async (kit) => {
  const server = await kit.server();
  const ivs = cliOf(server);
  const { channel, streamKey } = await ivs('create-channel', '--name', 'by-cli', '--tags', 'a=1');
  assert.equal(channel.name, 'by-cli');
  assert.match(streamKey.value, /^sk_/);
  assert.equal((await ivs('list-channels')).channels[0].arn, channel.arn);
  await ivs('tag-resource', '--resource-arn', channel.arn, '--tags', 'b=2');
  assert.deepEqual((await ivs('list-tags-for-resource', '--resource-arn', channel.arn)).tags, { a: '1', b: '2' });
  await assert.rejects(ivs('get-stream', '--channel-arn', channel.arn), /ChannelNotBroadcasting/);
  await assert.rejects(ivs('create-channel', '--name', 'no spaces'), /ValidationException/);
  await ivs('delete-channel', '--arn', channel.arn);
  assert.deepEqual((await ivs('list-channels')).channels, []);
});

story('the printed certificate makes the CLI trust the TLS endpoint', async (kit) => {
  const server = await kit.server();
  const certificate = server.log.match(/^ca\s+(\S+)/m)?.[1];
  assert.ok(certificate, `no certificate path was printed:\n${server.log}`);
  const ivs = cliOf(server, server.https, { AWS_CA_BUNDLE: path.resolve(certificate) });
  assert.deepEqual((await ivs('list-channels')).channels, []);
});
