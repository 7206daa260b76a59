// SPDX-License-Identifier: Apache-2.0
// The life of encoder, ingest and storage configurations and of public keys, through the unmodified SDK.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';

import {
  CreateEncoderConfigurationCommand, CreateIngestConfigurationCommand, CreateStageCommand,
  CreateStorageConfigurationCommand, DeleteEncoderConfigurationCommand, DeleteIngestConfigurationCommand,
  DeletePublicKeyCommand, DeleteStageCommand, GetEncoderConfigurationCommand, GetIngestConfigurationCommand,
  GetPublicKeyCommand, ImportPublicKeyCommand, ListEncoderConfigurationsCommand, ListIngestConfigurationsCommand,
  ListPublicKeysCommand, ListStorageConfigurationsCommand, ListTagsForResourceCommand, TagResourceCommand,
  UntagResourceCommand, UpdateIngestConfigurationCommand,
} from '@aws-sdk/client-ivs-realtime';

import { story } from './support/story.mjs';

const NOT_FOUND = { name: 'ResourceNotFoundException' };

function publicKey(namedCurve) {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve });
  const digest = createHash('md5').update(key.export({ type: 'spki', format: 'der' })).digest('hex');
  return { pem: key.export({ type: 'spki', format: 'pem' }), fingerprint: digest.match(/../g).join(':') };
}

story('an encoder configuration has the defaults of IVS, takes tags and is deleted', async (kit) => {
  await kit.server();
  const realtime = kit.realtime();
  const { encoderConfiguration: encoder } = await realtime.send(new CreateEncoderConfigurationCommand({ tags: { use: 'any thing!' } }));
  assert.match(encoder.arn, /^arn:aws:ivs:us-west-2:000000000000:encoder-configuration\/[A-Za-z0-9]{12}$/);
  assert.deepEqual(encoder.video, { width: 1280, height: 720, framerate: 30, bitrate: 2500000 });
  const portrait = { width: 1080, height: 1920, framerate: 29.97, bitrate: 6000000 };
  const { encoderConfiguration: tall } = await realtime.send(new CreateEncoderConfigurationCommand({ name: 'tall', video: portrait }));
  assert.deepEqual((await realtime.send(new GetEncoderConfigurationCommand({ arn: tall.arn }))).encoderConfiguration,
    { arn: tall.arn, name: 'tall', video: portrait, tags: {} });
  await assert.rejects(realtime.send(new CreateEncoderConfigurationCommand({ video: { width: 1281 } })),
    (error) => error.name === 'ValidationException' && /width/.test(error.message));

  await realtime.send(new TagResourceCommand({ resourceArn: encoder.arn, tags: { more: '*' } }));
  await realtime.send(new UntagResourceCommand({ resourceArn: encoder.arn, tagKeys: ['use'] }));
  assert.deepEqual((await realtime.send(new ListTagsForResourceCommand({ resourceArn: encoder.arn }))).tags, { more: '*' });

  const first = await realtime.send(new ListEncoderConfigurationsCommand({ maxResults: 1 }));
  const second = await realtime.send(new ListEncoderConfigurationsCommand({ maxResults: 1, nextToken: first.nextToken }));
  assert.deepEqual([...first.encoderConfigurations, ...second.encoderConfigurations],
    [{ arn: encoder.arn, name: '', tags: { more: '*' } }, { arn: tall.arn, name: 'tall', tags: {} }]);
  await realtime.send(new DeleteEncoderConfigurationCommand({ arn: tall.arn }));
  await assert.rejects(realtime.send(new GetEncoderConfigurationCommand({ arn: tall.arn })), NOT_FOUND);
});

story('an ingest configuration keeps its key from stage to stage, and through a restart', async (kit) => {
  const server = await kit.server();
  const realtime = kit.realtime();
  const { stage } = await realtime.send(new CreateStageCommand({ name: 'room' }));
  await assert.rejects(realtime.send(new CreateIngestConfigurationCommand({ ingestProtocol: 'RTMP' })),
    { name: 'ValidationException' });
  const { ingestConfiguration: ingest } = await realtime.send(new CreateIngestConfigurationCommand({
    ingestProtocol: 'RTMPS', name: 'camera', userId: 'anna', attributes: { seat: '12 é' }, redundantIngest: true,
  }));
  assert.deepEqual([ingest.state, ingest.stageArn, ingest.userId, ingest.attributes], ['INACTIVE', '', 'anna', { seat: '12 é' }]);
  const keys = [ingest.streamKey, ...ingest.redundantIngestCredentials.map(({ streamKey }) => streamKey)];
  assert.equal(new Set(keys).size, 3);
  for (const key of keys) assert.ok(key.startsWith(`rt_000000000000_us-west-2_${ingest.arn.split('/')[1]}_`), key);

  const { ingestConfiguration: joined } = await realtime.send(new UpdateIngestConfigurationCommand({ arn: ingest.arn, stageArn: stage.arn }));
  assert.deepEqual(joined, { ...ingest, stageArn: stage.arn });
  await server.restart();
  const { ingestConfigurations } = await realtime.send(new ListIngestConfigurationsCommand({ filterByStageArn: stage.arn }));
  const { streamKey, redundantIngestCredentials, attributes, tags, ...summary } = joined;
  assert.deepEqual(ingestConfigurations, [summary]);
  assert.deepEqual((await realtime.send(new ListIngestConfigurationsCommand({ filterByState: 'ACTIVE' }))).ingestConfigurations, []);
  await assert.rejects(realtime.send(new ListIngestConfigurationsCommand({ filterByState: 'ACTIVE', filterByStageArn: stage.arn })),
    { name: 'ValidationException' });

  await realtime.send(new DeleteStageCommand({ arn: stage.arn }));
  assert.deepEqual((await realtime.send(new GetIngestConfigurationCommand({ arn: ingest.arn }))).ingestConfiguration, ingest);
  await realtime.send(new DeleteIngestConfigurationCommand({ arn: ingest.arn }));
  await assert.rejects(realtime.send(new GetIngestConfigurationCommand({ arn: ingest.arn })), NOT_FOUND);
});

story('a public key on P-384 is imported once and known by its fingerprint', async (kit) => {
  await kit.server();
  const realtime = kit.realtime();
  const { pem, fingerprint } = publicKey('secp384r1');
  const { publicKey: key } = await realtime.send(new ImportPublicKeyCommand({ name: 'own', publicKeyMaterial: pem }));
  assert.deepEqual(key, { arn: key.arn, name: 'own', publicKeyMaterial: pem, fingerprint, tags: {} });
  assert.deepEqual((await realtime.send(new GetPublicKeyCommand({ arn: key.arn }))).publicKey, key);
  await assert.rejects(realtime.send(new ImportPublicKeyCommand({ publicKeyMaterial: pem })), { name: 'ConflictException' });
  await assert.rejects(realtime.send(new ImportPublicKeyCommand({ publicKeyMaterial: publicKey('prime256v1').pem })),
    { name: 'ValidationException' });
  assert.deepEqual((await realtime.send(new ListPublicKeysCommand({}))).publicKeys, [{ arn: key.arn, name: 'own', tags: {} }]);
  await realtime.send(new DeletePublicKeyCommand({ arn: key.arn }));
  await assert.rejects(realtime.send(new GetPublicKeyCommand({ arn: key.arn })), NOT_FOUND);
});

story('what can be no bucket makes no storage configuration', async (kit) => {
  await kit.server();
  const realtime = kit.realtime();
  await assert.rejects(realtime.send(new CreateStorageConfigurationCommand({ s3: { bucketName: '..-..' } })), { name: 'ValidationException' });
  assert.deepEqual((await realtime.send(new ListStorageConfigurationsCommand({}))).storageConfigurations, []);
});
