// SPDX-License-Identifier: Apache-2.0
// A channel for several video tracks, what an encoder asks before it publishes there, and what becomes of it.
import assert from 'node:assert/strict';

import { createChannel, getStream } from './channel.mjs';
import { MultitrackEncoder } from './multitrack_encoder.mjs';
import { until } from './wait.mjs';

const MULTITRACK = {
  type: 'STANDARD',
  containerFormat: 'FRAGMENTED_MP4',
  multitrackInputConfiguration: { enabled: true, policy: 'ALLOW', maximumResolution: 'FULL_HD' },
};

export const CANVAS_360 = { width: 640, height: 360, canvas_width: 640, canvas_height: 360 };
export const CANVAS_1080 = { width: 1920, height: 1080, canvas_width: 1920, canvas_height: 1080 };

// A card that encodes as many tracks as one likes, and HEVC, too.
export const NVIDIA = [{ model: 'GPU', vendor_id: 4318, device_id: 1, dedicated_video_memory: 8e9, shared_system_memory: 8e9, driver_version: null }];

// What OBS Studio 31 posts, schema 2024-06-04.
const question = (key, preferences = {}, codecs = ['h264', 'av1'], gpu = null) => ({
  service: 'IVS',
  schema_version: '2024-06-04',
  authentication: key,
  client: { name: 'obs-studio', version: '31.0.0', supported_codecs: codecs },
  capabilities: {
    cpu: { physical_cores: 4, logical_cores: 8, speed: 3000, name: 'CPU' },
    memory: { total: 16e9, free: 8e9 },
    gaming_features: null,
    system: { version: '12', name: 'Linux', build: 0, release: '', revision: '', bits: 64, arm: false, armEmulation: false },
    gpu,
  },
  preferences: {
    maximum_aggregate_bitrate: null, maximum_video_tracks: null, vod_track_audio: false,
    width: 854, height: 480, framerate: { numerator: 30, denominator: 1 }, canvas_width: 854, canvas_height: 480,
    composition_gpu_index: 0, ...preferences,
  },
});

export async function ask(kit, key, preferences, ...client) {
  const response = await fetch(`${kit.lastServer.http}/api/v3/GetClientConfiguration`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(question(key, preferences, ...client)),
  });
  assert.equal(response.status, 200);
  return response.json();
}

export const tracksToSend = (configuration) => configuration.encoder_configurations.map((encoder) => ({
  width: encoder.width, height: encoder.height,
  fps: encoder.framerate.numerator / encoder.framerate.denominator, kbps: encoder.settings.bitrate,
  codec: encoder.type.includes('hevc') ? 'hevc' : 'h264',
}));

// Where OBS publishes to: the template, the key that came with it, and the configuration's name.
export function urlOf(configuration, key, wanted = 'RTMP') {
  const endpoint = configuration.ingest_endpoints.find(({ protocol }) => protocol === wanted);
  return `${endpoint.url_template.replace('{stream_key}', key ?? endpoint.authentication)}?clientConfigId=${configuration.meta.config_id}`;
}

export async function start(kit, url, tags) {
  const encoder = new MultitrackEncoder(url, tags);
  kit.onEnd(() => encoder.stop());
  return { encoder, status: await encoder.start() };
}

// A server, a channel, and what an encoder of that canvas is told to send there.
export async function prepare(kit, { preferences, gpu, multitrack, ...input } = {}) {
  await kit.server();
  const channel = await createChannel(kit, {
    ...MULTITRACK, multitrackInputConfiguration: { ...MULTITRACK.multitrackInputConfiguration, ...multitrack }, ...input,
  });
  const configuration = await ask(kit, channel.key, preferences, undefined, gpu);
  assert.equal(configuration.status, undefined);
  return { channel, configuration, tracks: tracksToSend(configuration) };
}

const lastWords = ({ encoder, status }) => (status.code === 'NetStream.Publish.Start'
  ? until('the server to close', () => encoder.isClosed && encoder.statuses.at(-1), { timeout: 20_000 })
  : status);

// An encoder that is sent away, with this code.
export async function assertSentAway(kit, started, code) {
  const last = await lastWords(started);
  assert.deepEqual([last.level, last.code], ['error', 'NetStream.Publish.BadName']);
  assert.match(last.description, new RegExp(`^${code}: `));
  await until('the log', () => kit.lastServer.log.includes(code));
}

// Likewise, and its broadcast with it.
export async function assertEnded(kit, channel, started, code) {
  await assertSentAway(kit, started, code);
  assert.equal(await getStream(kit.ivs(), channel), null);
}
