// SPDX-License-Identifier: Apache-2.0
// StopStream ends a broadcast; a channel that is on air can be neither deleted nor changed.
import assert from 'node:assert/strict';

import { DeleteChannelCommand, StopStreamCommand, UpdateChannelCommand } from '@aws-sdk/client-ivs';

import { createChannel, getStream, untilLive, untilOffline } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { story } from './support/story.mjs';
import { until, withDeadline } from './support/wait.mjs';

story('StopStream ends the broadcast for encoder and viewers', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpUrl);
  const [variant] = await untilLive(channel);
  assert.equal((await ivs.send(new StopStreamCommand({ channelArn: channel.arn }))).$metadata.httpStatusCode, 200);
  await withDeadline('the encoder to be disconnected', encoder.ended, 10_000);
  await untilOffline(channel);
  assert.equal((await fetchMedia(variant.url)).isEnded, true);
  assert.equal(await getStream(ivs, channel), null);
  await assert.rejects(ivs.send(new StopStreamCommand({ channelArn: channel.arn })), { name: 'ChannelNotBroadcasting' });
  kit.encoder(channel.rtmpUrl); // the key still works
  await untilLive(channel);
});

story('a live channel cannot be deleted or changed until it is stopped', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl);
  await untilLive(channel);
  const conflict = (error) => error.name === 'ConflictException' && error.$metadata.httpStatusCode === 409;
  await assert.rejects(ivs.send(new DeleteChannelCommand({ arn: channel.arn })), conflict);
  await assert.rejects(ivs.send(new UpdateChannelCommand({ arn: channel.arn, name: 'other' })), conflict);
  assert.ok(await getStream(ivs, channel), 'it is still on air');
  await ivs.send(new StopStreamCommand({ channelArn: channel.arn }));
  await until('the channel to be deletable', async () => ivs.send(new DeleteChannelCommand({ arn: channel.arn })));
});
