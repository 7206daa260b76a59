// SPDX-License-Identifier: Apache-2.0
// What docs/migrating.md says: existing code works with another endpoint and nothing else.
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { runCommand } from './support/child.mjs';
import { region } from './support/server.mjs';
import { story } from './support/story.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

// A customer's program: it knows nothing of the server, and has its settings from the environment.
const program = `
  import { CreateChannelCommand, IvsClient } from '@aws-sdk/client-ivs';
  import { CreateStageCommand, IVSRealTimeClient } from '@aws-sdk/client-ivs-realtime';
  const { channel } = await new IvsClient({}).send(new CreateChannelCommand({}));
  const { stage } = await new IVSRealTimeClient({}).send(new CreateStageCommand({}));
  console.log(JSON.stringify([channel.arn, stage.arn]));
`;

async function runProgram(server, env) {
  const { code, stdout, stderr } = await runCommand('env', ['-C', here, process.execPath, '--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH, HOME: server.dataDir, AWS_SHARED_CREDENTIALS_FILE: path.join(server.dataDir, 'credentials'), ...env },
  });
  assert.equal(code, 0, stderr);
  const [channel, stage] = JSON.parse(stdout);
  assert.match(channel, /^arn:aws:ivs:us-west-2:000000000000:channel\//);
  assert.match(stage, /^arn:aws:ivs:us-west-2:000000000000:stage\//);
}

story('the variables of the two services lead both SDKs here, over TLS too', async (kit) => {
  const server = await kit.server();
  const ca = path.resolve(server.log.match(/^ca\s+(\S+)/m)[1]);
  for (const endpoint of [server.http, server.https])
    await runProgram(server, {
      AWS_REGION: region, AWS_ENDPOINT_URL_IVS: endpoint, AWS_ENDPOINT_URL_IVS_REALTIME: endpoint, NODE_EXTRA_CA_CERTS: ca,
    });
});

story('the config file in the data directory says it all', async (kit) => {
  const server = await kit.server();
  await runProgram(server, { AWS_CONFIG_FILE: path.join(server.dataDir, 'config') });
});

story('whoever asks sts first, as Terraform does, hears who it is, in any region', async (kit) => {
  const server = await kit.server();
  for (const asked of [region, 'eu-central-1']) {
    const { code, stdout, stderr } = await runCommand('aws', ['sts', 'get-caller-identity', '--endpoint-url', server.http, '--region', asked, '--output', 'json'], {
      env: {
        PATH: process.env.PATH, HOME: server.dataDir, AWS_SHARED_CREDENTIALS_FILE: path.join(server.dataDir, 'credentials'),
        AWS_EC2_METADATA_DISABLED: 'true', AWS_PAGER: '',
      },
    });
    assert.equal(code, 0, stderr);
    const identity = JSON.parse(stdout);
    assert.equal(identity.Account, '000000000000');
    assert.equal(identity.UserId, server.credentials.accessKeyId);
    assert.match(identity.Arn, /^arn:aws:iam::000000000000:user\//);
  }
});
