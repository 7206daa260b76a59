// SPDX-License-Identifier: Apache-2.0
// Buckets on a real S3 service: Ceph's gateway, and the AWS SDK as witness of what stands in them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before } from 'node:test';

import {
  CreateRecordingConfigurationCommand, DeleteRecordingConfigurationCommand, GetRecordingConfigurationCommand,
} from '@aws-sdk/client-ivs';
import {
  CreateStorageConfigurationCommand, DeleteStorageConfigurationCommand, ListStorageConfigurationsCommand,
} from '@aws-sdk/client-ivs-realtime';
import {
  CreateBucketCommand, DeleteBucketCommand, GetBucketPolicyCommand, GetObjectCommand, ListObjectsV2Command,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';

import { runCommand } from './support/child.mjs';
import { ObjectService } from './support/object_service.mjs';
import { Server, binary, region } from './support/server.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const tool = path.join(path.dirname(binary), 'tests/tools/put_object');
const OWN_STATEMENT = {
  Sid: 'readers', Effect: 'Allow', Principal: { AWS: ['*'] }, Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::garden/public/*'],
};

const service = new ObjectService();
let keys, s3;

before(async () => {
  await service.create();
  keys = await service.user('weir');
  s3 = service.client(keys);
  const other = service.client(await service.user('neighbour'));
  await s3.send(new CreateBucketCommand({ Bucket: 'garden' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'garden.with-dots' }));
  await other.send(new CreateBucketCommand({ Bucket: 'not-ours' }));
  other.destroy();
});

after(async () => {
  s3?.destroy();
  await service.destroy();
});

const env = ({ accessKeyId, secretAccessKey }) => ({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });

function serverWithS3(kit, { options = [], endpoint = service.endpoint, credentials = keys } = {}) {
  return kit.server({ options: ['--s3-endpoint', endpoint, ...options], env: env(credentials) });
}

async function keysIn(bucket) {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key);
}

// The bucket's statements; undefined without a policy.
async function statementsOf(bucket) {
  try {
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    return JSON.parse(Policy).Statement;
  } catch (error) {
    assert.equal(error.name, 'NoSuchBucketPolicy');
    return undefined;
  }
}

const recordTo = (bucketName) => new CreateRecordingConfigurationCommand({ destinationConfiguration: { s3: { bucketName } } });
const storeIn = (bucketName) => new CreateStorageConfigurationCommand({ s3: { bucketName } });

async function stateOnceDecided(ivs, arn) {
  return until('the probe to decide', async () => {
    const { recordingConfiguration } = await ivs.send(new GetRecordingConfigurationCommand({ arn }));
    return recordingConfiguration.state !== 'CREATING' && recordingConfiguration.state;
  }, { timeout: 30_000 });
}

// A port that takes connections and never says a word.
async function silentService(kit) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  kit.onEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${server.address().port}`, sockets };
}

story('a recording configuration is active once its bucket was written to', async (kit) => {
  const server = await serverWithS3(kit);
  const ivs = kit.ivs();
  for (const bucket of ['garden', 'garden.with-dots']) {
    const { recordingConfiguration } = await ivs.send(recordTo(bucket));
    assert.equal(recordingConfiguration.state, 'CREATING');
    assert.equal(await stateOnceDecided(ivs, recordingConfiguration.arn), 'ACTIVE');
    assert.deepEqual(await keysIn(bucket), []);
  }
  for (const bucket of ['no-such-bucket', 'not-ours']) {
    const { recordingConfiguration } = await ivs.send(recordTo(bucket));
    assert.equal(await stateOnceDecided(ivs, recordingConfiguration.arn), 'CREATE_FAILED');
    await ivs.send(new DeleteRecordingConfigurationCommand({ arn: recordingConfiguration.arn }));
  }
  assert.match(server.log, /code=NoSuchBucket/);
  assert.match(server.log, /code=AccessDenied/);
  assert.ok(!server.log.includes(keys.secretAccessKey));
});

story('a storage configuration stands in the policy of its bucket until it is deleted', async (kit) => {
  await serverWithS3(kit, { options: ['--s3-bucket-policy', 'on'] });
  const realtime = kit.realtime();
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [OWN_STATEMENT] });
  await s3.send(new PutBucketPolicyCommand({ Bucket: 'garden', Policy: policy }));

  const made = await Promise.all([1, 2, 3].map(() => realtime.send(storeIn('garden'))));
  const arns = made.map(({ storageConfiguration }) => storageConfiguration.arn);
  const [own, ...granted] = await statementsOf('garden');
  assert.deepEqual(own, OWN_STATEMENT);
  assert.deepEqual(granted.map(({ Sid }) => Sid).sort(), arns.map((arn) => `CompositeWrite-${arn.split('/')[1]}`).sort());
  for (const { Sid, ...statement } of granted)
    assert.deepEqual(statement, {
      Effect: 'Allow',
      Principal: { Service: `ivs-composite.${region}.amazonaws.com` },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: 'arn:aws:s3:::garden/*',
      Condition: { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' }, Bool: { 'aws:SecureTransport': 'true' } },
    });

  await Promise.all(arns.map((arn) => realtime.send(new DeleteStorageConfigurationCommand({ arn }))));
  assert.deepEqual(await statementsOf('garden'), [OWN_STATEMENT]);
  assert.deepEqual(await keysIn('garden'), []);

  const { storageConfiguration } = await realtime.send(storeIn('garden.with-dots'));
  assert.equal((await statementsOf('garden.with-dots')).length, 1);
  await realtime.send(new DeleteStorageConfigurationCommand({ arn: storageConfiguration.arn }));
  assert.equal(await statementsOf('garden.with-dots'), undefined);
});

story('a storage configuration can be deleted after its bucket', async (kit) => {
  await serverWithS3(kit, { options: ['--s3-bucket-policy', 'on'] });
  const realtime = kit.realtime();
  await s3.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
  const { storageConfiguration } = await realtime.send(storeIn('short-lived'));
  await s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' }));
  await realtime.send(new DeleteStorageConfigurationCommand({ arn: storageConfiguration.arn }));
  assert.deepEqual((await realtime.send(new ListStorageConfigurationsCommand({}))).storageConfigurations, []);
});

story('other stores than AWS keep their bucket policies unless told otherwise', async (kit) => {
  await serverWithS3(kit);
  const realtime = kit.realtime();
  const { storageConfiguration } = await realtime.send(storeIn('garden.with-dots'));
  assert.equal(await statementsOf('garden.with-dots'), undefined);
  await realtime.send(new DeleteStorageConfigurationCommand({ arn: storageConfiguration.arn }));
});

story('what keeps a bucket from being written to is told apart', async (kit) => {
  await serverWithS3(kit);
  await assert.rejects(kit.realtime().send(storeIn('no-such-bucket')), { name: 'ResourceNotFoundException' });
  await assert.rejects(kit.realtime().send(storeIn('not-ours')), { name: 'AccessDeniedException' });
  await assert.rejects(kit.realtime().send(storeIn('..')), { name: 'ValidationException' });

  const wrong = await serverWithS3(kit, { credentials: { ...keys, secretAccessKey: 'wrong' } });
  await assert.rejects(kit.realtime().send(storeIn('garden')), { name: 'AccessDeniedException' });
  assert.match(wrong.log, /code=SignatureDoesNotMatch/);

  await serverWithS3(kit, { endpoint: 'http://127.0.0.1:1' });
  await assert.rejects(kit.realtime().send(storeIn('garden')), (error) => error.$metadata.httpStatusCode === 503);
  const { recordingConfiguration } = await kit.ivs().send(recordTo('garden'));
  assert.equal(await stateOnceDecided(kit.ivs(), recordingConfiguration.arn), 'CREATE_FAILED');
});

story('a probe cut short is made again at the next start', async (kit) => {
  const silent = await silentService(kit);
  const server = await serverWithS3(kit, { endpoint: silent.endpoint });
  const { recordingConfiguration: { arn } } = await kit.ivs().send(recordTo('garden'));
  const stopped = await kit.ivs().send(recordTo('garden'));
  await until('the probes to be under way', () => silent.sockets.size >= 2);
  await server.restart({ signal: 'SIGKILL' });
  await until('the probes to be made again', () => silent.sockets.size >= 4);

  const start = Date.now();
  server.options = ['--s3-endpoint', service.endpoint];
  await server.restart();
  assert.ok(Date.now() - start < 10_000, 'the server waited for a store that does not answer');
  for (const left of [arn, stopped.recordingConfiguration.arn]) assert.equal(await stateOnceDecided(kit.ivs(), left), 'ACTIVE');
});

story('over TLS, with the bucket in the host name and the key in a profile', async (kit) => {
  const profile = path.join(service.folder, 'credentials');
  writeFileSync(profile, `[default]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = nothing\n
[weir]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`);
  const settings = {
    options: ['--s3-endpoint', service.tlsEndpoint, '--s3-bucket-policy', 'on'],
    env: { AWS_ACCESS_KEY_ID: '', AWS_SHARED_CREDENTIALS_FILE: profile, AWS_PROFILE: 'weir', AWS_CA_BUNDLE: service.certificate },
  };
  await kit.server(settings);
  const { storageConfiguration: { arn } } = await kit.realtime().send(storeIn('garden'));
  assert.ok((await statementsOf('garden')).some(({ Sid }) => Sid === `CompositeWrite-${arn.split('/')[1]}`));
  await kit.realtime().send(new DeleteStorageConfigurationCommand({ arn }));
  assert.deepEqual(await keysIn('garden'), []);

  const distrustful = await kit.server({ ...settings, env: { ...settings.env, AWS_CA_BUNDLE: '' } });
  const { recordingConfiguration } = await kit.ivs().send(recordTo('garden'));
  assert.equal(await stateOnceDecided(kit.ivs(), recordingConfiguration.arn), 'CREATE_FAILED');
  assert.match(distrustful.log, /self-signed certificate/);
});

story('objects of any key arrive whole', async () => {
  const names = ['plain.ts', 'a b+c&d=e%2F%C3/ü€😀/(1)!*\'~@:,;$"<>[]{}|^`\\.ts', './a/../b//c/', 'x'.repeat(1024)];
  for (const name of names) {
    const content = `what stands under ${name}`;
    const { code, stderr } = await runCommand(tool, [service.endpoint, region, 'garden', name],
      { env: { ...process.env, ...env(keys) }, input: content });
    assert.equal(code, 0, stderr);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'garden', Key: name }));
    assert.equal(await Body.transformToString(), content);
  }
  assert.deepEqual((await keysIn('garden')).sort(), [...names].sort());
});

story('a server without credentials for its store does not start', async (kit) => {
  const server = new Server({
    options: ['--s3-endpoint', service.endpoint],
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent' },
  });
  kit.onEnd(() => server.stop());
  await assert.rejects(server.start(), /there are no credentials: set AWS_ACCESS_KEY_ID/);
});
