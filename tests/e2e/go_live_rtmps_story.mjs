// SPDX-License-Identifier: Apache-2.0
// RTMP over TLS, on its own port and on the HTTPS port, which tells encoders and browsers apart.
import assert from 'node:assert/strict';

import { createChannel, untilLive, untilPlaylist } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { fetchSegments, probeBytes, tracksOf } from './support/probe.mjs';
import { story } from './support/story.mjs';

async function assertPlays(channel) {
  const [variant] = await untilLive(channel);
  const playlist = await untilPlaylist(variant.url, 'three segments', (p) => p.segments.length >= 3);
  const { video, audio } = tracksOf(await probeBytes(await fetchSegments(playlist)));
  assert.ok(video.length >= 85 && audio.length >= 130, `${video.length} frames, ${audio.length} of sound`);
}

story('RTMPS on its own port', async (kit) => {
  await kit.server();
  const channel = await createChannel(kit, { insecureIngest: false });
  kit.encoder(channel.rtmpsUrl);
  await assertPlays(channel);
});

story('RTMPS on the HTTPS port, with the web beside it', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit, { insecureIngest: false });
  kit.encoder(`${server.https.replace('https:', 'rtmps:')}/app/${channel.key}`);
  await assertPlays(channel);
  for (const version of ['--http1.1', '--http2']) {
    const { stdout } = await runCommand('curl', ['-sSk', version, '-o', '/dev/null', '-w', '%{http_code} %{http_version}', `${server.https}/healthz`]);
    assert.equal(stdout, version === '--http2' ? '200 2' : '200 1.1');
  }
});

story('any application name and parameters behind the key are accepted', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(`${server.rtmp}/live/${channel.key}?who=me&x=1`);
  await assertPlays(channel);
});
