// SPDX-License-Identifier: Apache-2.0
// What an encoder may send, by channel type: whoever sends more is recorded and sent away.
import assert from 'node:assert/strict';

import { createChannel, getStream, untilLive } from './support/channel.mjs';
import { readFlv } from './support/flv.mjs';
import { makeMediaFile, sendMediaFile } from './support/media_file.mjs';
import { RtmpClient } from './support/rtmp_client.mjs';
import { story } from './support/story.mjs';
import { letItRun, until, withDeadline } from './support/wait.mjs';
import { eventCount, metric } from './support/workers.mjs';

const breachesOf = (server) => [...server.log.matchAll(/limit breach: limit_name="([^"]+)" limit_value=(\d+) exceeded_by=(\d+) limit_unit="([^"]+)"/g)]
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

story('too large and too fast pictures end a broadcast of each type', async (kit) => {
  const server = await kit.server();
  const types = ['BASIC', 'STANDARD', 'ADVANCED_SD', 'ADVANCED_HD'];
  for (const { what, encoder, name, limit, over } of PICTURES) {
    const before = breachesOf(server).length;
    const channels = await Promise.all(types.map((type) => createChannel(kit, { type })));
    await withDeadline(`${what} to be too many`, Promise.all(channels.map((channel) => kit.encoder(channel.rtmpUrl, encoder).ended)), 20_000);
    const breaches = breachesOf(server).slice(before);
    assert.equal(breaches.length, types.length);
    for (const breach of breaches) {
      assert.deepEqual([breach.name, breach.unit, breach.limit], [name, what, limit]);
      assert.ok(Math.abs(breach.over - over) <= 1, `exceeded by ${breach.over}`);
    }
  }
  assert.equal(await eventCount(server, 'Ingest Resolution'), 3 * types.length);
  assert.equal(await eventCount(server, 'Ingest Framerate'), types.length);
}, { timeout: 120_000 });

story('an encoder is told which limit it breached, and may come back within it', async (kit) => {
  const server = await kit.server({ options: ['--srt', '127.0.0.1:0'] });
  const ivs = kit.ivs();
  const channel = await createChannel(kit);
  const file = await makeMediaFile(kit, { size: '2000x200', fps: 5, seconds: 2, container: 'flv' });
  const client = new RtmpClient(channel.rtmpUrl);
  kit.onEnd(() => client.close());
  assert.equal((await client.publish()).code, 'NetStream.Publish.Start');
  for (const { type, ms, body } of readFlv(file)) client.send(type, ms, body);
  await until('the connection to be closed', () => client.isClosed, { timeout: 5000 });
  const why = 'Ingest Resolution exceeded: 2000 pixels per edge, the limit is 1920';
  assert.equal(client.statuses.at(-1).description, why);
  assert.match(server.log, new RegExp(`session ended: stream=\\S+ reason=${why}`));
  assert.equal(await getStream(ivs, channel), null);

  await withDeadline('SRT to be closed', kit.encoder(channel.srtUrl, { size: '2000x200', fps: 5 }).ended, 15_000);
  assert.match(server.log, new RegExp(`srt#\\d+: closed: reason=${why}`));
  assert.equal(breachesOf(server).length, 2);

  kit.encoder(channel.rtmpUrl, { size: '320x180' });
  await untilLive(channel);
  assert.equal((await getStream(ivs, channel)).state, 'LIVE');
});

const BELOW = [
  { type: 'STANDARD', size: '1920x1080', fps: 60, bitrate: '8200k', buffer: '1M', limit: 8_500_000 },
  { type: 'BASIC', size: '1080x1920', fps: 30, bitrate: '3450k', buffer: '400k', limit: 3_500_000 },
  { type: 'BASIC', size: '854x480', fps: 60, bitrate: '1400k', buffer: '200k', limit: 1_500_000 },
];

// Two seconds of pictures, over and over: noise that takes all the bits there are.
story('what is just below the limits stays on air', async (kit) => {
  const server = await kit.server({ options: ['--x264-preset', 'ultrafast'] });
  const ivs = kit.ivs();
  const channels = [];
  for (const { type, size, fps, bitrate, buffer } of BELOW) {
    const channel = await createChannel(kit, { type });
    const file = await makeMediaFile(kit, { size, fps, bitrate, buffer, seconds: 2, noise: true });
    channels.push({ channel, send: () => sendMediaFile(kit, channel.rtmpUrl, file, { pace: ['-re', '-stream_loop', '-1'] }) });
  }
  for (const { send } of channels) send();
  for (const { channel } of channels) await untilLive(channel);
  const rates = channels.map(() => []);
  const end = Date.now() + 12_000; // for as long as the window is
  while (Date.now() < end) {
    await letItRun(1000);
    for (const [i, { channel }] of channels.entries())
      rates[i].push(await metric(server, 'weir_ingest_bitrate', channel.id));
  }
  assert.deepEqual(breachesOf(server), []);
  for (const [i, { limit, size, fps }] of BELOW.entries()) {
    const mean = rates[i].reduce((a, b) => a + b) / rates[i].length;
    assert.ok(mean > 0.85 * limit && mean < 1.05 * limit, `${mean} bits per second of ${size} at ${fps}`);
    assert.ok(await getStream(ivs, channels[i].channel), `${size} is still on air`);
  }
}, { timeout: 90_000 });

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
