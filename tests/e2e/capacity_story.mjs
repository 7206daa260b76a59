// SPDX-License-Identifier: Apache-2.0
// A machine that is full refuses another transcode, and the running one does not notice.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilOffline, untilPlaylist } from './support/channel.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { story } from './support/story.mjs';
import { withDeadline } from './support/wait.mjs';
import { eventCount, metric, workerPids } from './support/workers.mjs';

story('what the machine cannot carry is refused', async (kit) => {
  const server = await kit.server({ cores: '0' }); // one core: room for one ladder of 1080p
  const file = await makeMediaFile(kit, { size: '1920x1080', fps: 30, seconds: 14, bitrate: '3M' });
  const running = await createChannel(kit, { type: 'STANDARD' });
  const refused = await createChannel(kit, { type: 'STANDARD' });
  const passed = await createChannel(kit, { type: 'BASIC' });
  sendMediaFile(kit, running.rtmpUrl, file);
  const variants = await untilLive(running);
  assert.equal(variants.length, 5);

  const sender = sendMediaFile(kit, refused.rtmpUrl, file);
  await withDeadline('the second one to be refused', sender.ended, 12_000);
  assert.match(server.log, /Transcode capacity exceeded\. Please try again\./);
  assert.equal(await eventCount(server, 'Stream Failure'), 1);
  await untilOffline(refused);
  assert.equal(workerPids(server).length, 1);

  kit.encoder(passed.rtmpUrl, { size: '320x180' }); // nothing to transcode: always welcome
  await untilLive(passed);
  const rung = variants.find((variant) => variant.RESOLUTION === '284x160');
  const playlist = await untilPlaylist(rung.url, 'eight segments of the running one', (p) => p.segments.length >= 8);
  assert.equal(playlist.segments.filter((segment) => segment.isGap).length, 0);
  assert.equal(await metric(server, 'weir_transcode_worker_losses_total'), 0);
}, { timeout: 90_000 });
