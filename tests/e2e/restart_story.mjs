// SPDX-License-Identifier: Apache-2.0
// The operator restarts the server: everything is still there, viewers are told, encoders come back.
import assert from 'node:assert/strict';

import { GetChannelCommand, GetStreamKeyCommand, TagResourceCommand } from '@aws-sdk/client-ivs';

import { createChannel, untilLive } from './support/channel.mjs';
import { fetchMedia } from './support/playlist.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

story('channels, keys, tags and credentials outlive a restart', async (kit) => {
  const server = await kit.server();
  const made = await createChannel(kit, { name: 'stays', latencyMode: 'NORMAL' });
  await kit.ivs().send(new TagResourceCommand({ resourceArn: made.arn, tags: { kept: 'yes' } }));
  const before = server.credentials;
  await server.restart();
  assert.deepEqual(server.credentials, before);
  const ivs = kit.ivs();
  const { channel } = await ivs.send(new GetChannelCommand({ arn: made.arn }));
  assert.deepEqual(channel, { ...made.channel, tags: { kept: 'yes' } });
  assert.equal((await ivs.send(new GetStreamKeyCommand({ arn: made.streamKey.arn }))).streamKey.value, made.key);
});

story('SIGTERM ends broadcasts properly and leaves with status 0', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { seconds: 60 });
  const [variant] = await untilLive(channel);
  const playlist = await fetchMedia(variant.url);
  // A viewer waits for the next part: it must hear of the end, not be cut off.
  const url = new URL(variant.url);
  url.searchParams.set('_HLS_msn', playlist.mediaSequence + playlist.segments.length + 1);
  const parked = fetch(url).then((response) => response.text());
  const start = Date.now();
  await server.child.stop('SIGTERM');
  assert.equal(server.child.code, 0, server.log.slice(-500));
  assert.ok(Date.now() - start < 10_000, 'it left within 10 s');
  assert.match(await parked, /#EXT-X-ENDLIST/);
  await server.start();
});

story('an encoder that was on air goes on air again after a restart', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { seconds: 60 });
  await untilLive(channel);
  await server.restart();
  kit.encoder(channel.rtmpUrl.replace(/^rtmp:\/\/[^/]+/, server.rtmp), { seconds: 60 });
  await untilLive(channel);
});

story('a second signal leaves at once', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { seconds: 60 });
  await untilLive(channel);
  server.child.signalNow('SIGTERM');
  const start = Date.now();
  server.child.signalNow('SIGTERM');
  await until('the server to be gone', () => !server.child.isRunning, { timeout: 3000 });
  assert.ok(Date.now() - start < 3000);
});
