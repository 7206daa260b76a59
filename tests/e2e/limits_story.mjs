// SPDX-License-Identifier: Apache-2.0
// What an encoder may send, by channel type: whoever sends more is recorded and sent away.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive } from './support/channel.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { story } from './support/story.mjs';
import { letItRun, withDeadline } from './support/wait.mjs';
import { eventCount } from './support/workers.mjs';

const breachesOf = (server) => [...server.log.matchAll(/limit breach: limit_name="([^"]+)" limit_value=(\d+) exceeded_by=(\d+) unit="([^"]+)"/g)]
  .map(([, name, limit, over, unit]) => ({ name, limit: Number(limit), over: Number(over), unit }));

const TYPES = [
  { type: 'BASIC', size: '320x180', bitrate: '3M', limit: 1_500_000 },
  { type: 'BASIC', size: '854x482', bitrate: '6M', limit: 3_500_000 },
  { type: 'STANDARD', size: '320x180', bitrate: '12M', limit: 8_500_000 },
  { type: 'ADVANCED_SD', size: '320x180', bitrate: '12M', limit: 8_500_000 },
  { type: 'ADVANCED_HD', size: '320x180', bitrate: '12M', limit: 8_500_000 },
];

story('too many bits per second end a broadcast of each type', async (kit) => {
  const server = await kit.server();
  const files = {};
  for (const { size, bitrate } of TYPES) files[size + bitrate] ??= await makeMediaFile(kit, { size, bitrate, seconds: 20, noise: true });
  const ended = [];
  for (const { type, size, bitrate } of TYPES) {
    const channel = await createChannel(kit, { type });
    ended.push(sendMediaFile(kit, channel.rtmpUrl, files[size + bitrate]).ended);
  }
  await withDeadline('all encoders to be sent away', Promise.all(ended), 16_000);
  const breaches = breachesOf(server);
  assert.equal(breaches.length, TYPES.length);
  assert.deepEqual(breaches.map(({ limit }) => limit).sort((a, b) => a - b), TYPES.map(({ limit }) => limit).sort((a, b) => a - b));
  for (const { name, unit, limit, over } of breaches) {
    assert.deepEqual([name, unit], ['Ingest Bitrate', 'bits per second']);
    assert.ok(over > limit / 10, 'a tenth above is tolerated');
  }
  assert.equal(await eventCount(server, 'Ingest Bitrate'), TYPES.length);
}, { timeout: 90_000 });

const PICTURES = [
  { what: 'total pixels', encoder: { size: '1920x1200', fps: 5 }, name: 'Ingest Resolution', limit: 2_100_000, over: 1920 * 1200 - 2_100_000 },
  { what: 'pixels per edge', encoder: { size: '2000x200', fps: 5 }, name: 'Ingest Resolution', limit: 1920, over: 80 },
  { what: 'pixels per edge', encoder: { size: '200x1930', fps: 5 }, name: 'Ingest Resolution', limit: 1920, over: 10 },
  { what: 'frames per second', encoder: { size: '160x90', fps: 75 }, name: 'Ingest Framerate', limit: 61, over: 14 },
];

story('too large and too fast pictures end a broadcast', async (kit) => {
  const server = await kit.server();
  for (const type of ['BASIC', 'STANDARD']) {
    for (const { what, encoder, name, limit, over } of PICTURES) {
      const before = breachesOf(server).length;
      const channel = await createChannel(kit, { type });
      await withDeadline(`${what} to be too many`, kit.encoder(channel.rtmpUrl, encoder).ended, 15_000);
      const [breach, ...more] = breachesOf(server).slice(before);
      assert.deepEqual([breach.name, breach.unit, breach.limit, more.length], [name, what, limit, 0]);
      assert.ok(Math.abs(breach.over - over) <= 1, `exceeded by ${breach.over}`);
    }
  }
  assert.equal(await eventCount(server, 'Ingest Resolution'), 6);
  assert.equal(await eventCount(server, 'Ingest Framerate'), 2);
}, { timeout: 120_000 });

story('a spike within the window is tolerated', async (kit) => {
  const server = await kit.server();
  const ivs = kit.ivs();
  const channel = await createChannel(kit, { type: 'STANDARD' });
  const file = await makeMediaFile(kit, { size: '320x180', seconds: 16, noise: true, spike: { from: 7, to: 8.5 } });
  sendMediaFile(kit, channel.rtmpUrl, file);
  await untilLive(channel);
  await letItRun(12_000); // past the spike, for as long as it is in the window
  assert.ok(await getStream(ivs, channel), 'still on air');
  assert.deepEqual(breachesOf(server), []);
});
