// SPDX-License-Identifier: Apache-2.0
// The life of channels, stream keys and tags, through the unmodified SDK.
import assert from 'node:assert/strict';

import {
  BatchGetChannelCommand, BatchGetStreamKeyCommand, CreateChannelCommand, CreateStreamKeyCommand,
  DeleteChannelCommand, DeleteStreamKeyCommand, GetChannelCommand, GetStreamKeyCommand,
  ListChannelsCommand, ListStreamKeysCommand, ListTagsForResourceCommand, TagResourceCommand,
  UntagResourceCommand, UpdateChannelCommand,
} from '@aws-sdk/client-ivs';

import { createChannel } from './support/channel.mjs';
import { story } from './support/story.mjs';

const CHANNEL_ARN = /^arn:aws:ivs:us-west-2:000000000000:channel\/[A-Za-z0-9]{12}$/;

story('a channel is created with the defaults of IVS, read, renamed, found and deleted', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const { channel, streamKey } = await ivs.send(new CreateChannelCommand({ name: 'first', tags: { team: 'sport' } }));
  assert.match(channel.arn, CHANNEL_ARN);
  assert.deepEqual(
    { name: channel.name, latencyMode: channel.latencyMode, type: channel.type, authorized: channel.authorized,
      insecureIngest: channel.insecureIngest, preset: channel.preset, containerFormat: channel.containerFormat,
      recordingConfigurationArn: channel.recordingConfigurationArn, tags: channel.tags },
    { name: 'first', latencyMode: 'LOW', type: 'STANDARD', authorized: false, insecureIngest: false, preset: '',
      containerFormat: 'TS', recordingConfigurationArn: '', tags: { team: 'sport' } });
  const id = channel.arn.split('/')[1];
  assert.ok(channel.playbackUrl.endsWith(`/api/video/v1/us-west-2.000000000000.channel.${id}.m3u8`), channel.playbackUrl);
  assert.match(streamKey.value, /^sk_us-west-2_/);
  assert.equal(streamKey.channelArn, channel.arn);

  assert.deepEqual((await ivs.send(new GetChannelCommand({ arn: channel.arn }))).channel, channel);
  const updated = await ivs.send(new UpdateChannelCommand({ arn: channel.arn, name: 'second', latencyMode: 'NORMAL' }));
  assert.deepEqual([updated.channel.name, updated.channel.latencyMode, updated.channel.type], ['second', 'NORMAL', 'STANDARD']);
  assert.equal((await ivs.send(new ListChannelsCommand({ filterByName: 'second' }))).channels[0].arn, channel.arn);
  assert.equal((await ivs.send(new ListChannelsCommand({ filterByName: 'first' }))).channels.length, 0);

  await ivs.send(new DeleteChannelCommand({ arn: channel.arn }));
  await assert.rejects(ivs.send(new GetChannelCommand({ arn: channel.arn })), { name: 'ResourceNotFoundException' });
  await assert.rejects(ivs.send(new GetStreamKeyCommand({ arn: streamKey.arn })), { name: 'ResourceNotFoundException' });
});

story('a channel has one stream key, which is reset by deleting and creating it', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const { arn, streamKey } = await createChannel(kit);
  await assert.rejects(ivs.send(new CreateStreamKeyCommand({ channelArn: arn })),
    (error) => error.name === 'ServiceQuotaExceededException' && error.$metadata.httpStatusCode === 402);
  assert.equal((await ivs.send(new GetStreamKeyCommand({ arn: streamKey.arn }))).streamKey.value, streamKey.value);

  await ivs.send(new DeleteStreamKeyCommand({ arn: streamKey.arn }));
  assert.equal((await ivs.send(new ListStreamKeysCommand({ channelArn: arn }))).streamKeys.length, 0);
  const again = await ivs.send(new CreateStreamKeyCommand({ channelArn: arn, tags: { reset: 'yes' } }));
  assert.notEqual(again.streamKey.value, streamKey.value);
  const { streamKeys } = await ivs.send(new ListStreamKeysCommand({ channelArn: arn }));
  assert.deepEqual(streamKeys, [{ arn: again.streamKey.arn, channelArn: arn, tags: { reset: 'yes' } }]);
});

story('many are read at once, with an error entry for each that is missing', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const one = await createChannel(kit, { name: 'one' });
  const two = await createChannel(kit, { name: 'two' });
  const missing = one.arn.replace(/.{12}$/, 'AAAAAAAAAAAA');
  const channels = await ivs.send(new BatchGetChannelCommand({ arns: [one.arn, missing, two.arn] }));
  assert.deepEqual(channels.channels.map((c) => c.name), ['one', 'two']);
  assert.deepEqual(channels.errors.map((e) => [e.arn, e.code]), [[missing, '404']]);
  const keys = await ivs.send(new BatchGetStreamKeyCommand({ arns: [one.streamKey.arn, two.streamKey.arn] }));
  assert.deepEqual(keys.streamKeys.map((k) => k.value), [one.key, two.key]);
});

story('tags are added, listed and removed', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const { arn } = await createChannel(kit, { tags: { a: '1' } });
  await ivs.send(new TagResourceCommand({ resourceArn: arn, tags: { b: 'zwei', 'c/d': '' } }));
  assert.deepEqual((await ivs.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags, { a: '1', b: 'zwei', 'c/d': '' });
  await ivs.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['a', 'c/d', 'never there'] }));
  assert.deepEqual((await ivs.send(new GetChannelCommand({ arn }))).channel.tags, { b: 'zwei' });
});
