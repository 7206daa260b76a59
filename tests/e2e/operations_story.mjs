// SPDX-License-Identifier: Apache-2.0
// What an operator's tools see: health, metrics, certificates, log lines without secrets.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { once } from 'node:events';

import { createChannel, untilLive } from './support/channel.mjs';
import { runCommand } from './support/child.mjs';
import { fetchText } from './support/playlist.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

async function makeCertificate(folder, name) {
  const { code, stderr } = await runCommand('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'cert.pem'),
  ]);
  assert.equal(code, 0, stderr);
}

async function certificateName(address) {
  const { hostname, port } = new URL(address);
  const socket = tls.connect({ host: hostname, port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

story('health and metrics answer, and metrics count what happens', async (kit) => {
  const server = await kit.server();
  const health = await fetch(`${server.http}/healthz`);
  assert.equal(health.status, 200);
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { seconds: 30 });
  await untilLive(channel);
  const metrics = await fetchText(`${server.http}/metrics`);
  assert.match(metrics, /^# TYPE weir_\w+ (counter|gauge|histogram)$/m);
  for (const line of metrics.trim().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) (weir|process)_\w+ .*|(weir|process)_\w+(\{[^}]*\})? -?[\d.eE+-]+)$/);
  assert.match(metrics, /^weir_\w*(live|stream)\w*(\{[^}]*\})? 1$/m, metrics);
  assert.match(metrics, /^weir_api_calls_total\{operation="CreateChannel",status="2xx"\} 1$/m);
  await until('the use of quotas to be looked up', async () =>
    /^weir_quota_used\{quota="channels",account="000000000000"\} 1$/m.test(await fetchText(`${server.http}/metrics`)));
});

story('SIGHUP takes the new certificate without dropping anybody', async (kit) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'weir-tls-'));
  kit.onEnd(async () => rmSync(folder, { recursive: true }));
  await makeCertificate(folder, 'before.example');
  const server = await kit.server({ options: ['--tls-cert', path.join(folder, 'cert.pem'), '--tls-key', path.join(folder, 'key.pem')] });
  assert.equal(await certificateName(server.https), 'before.example');
  const channel = await createChannel(kit);
  const encoder = kit.encoder(channel.rtmpsUrl, { seconds: 30 });
  await until('the RTMPS stream to be live', () => server.log.includes('on air'), { timeout: 15_000 });

  await makeCertificate(folder, 'after.example');
  server.child.signalNow('SIGHUP');
  await until('the new certificate', async () => (await certificateName(server.https)) === 'after.example');
  assert.equal(await certificateName(server.rtmps), 'after.example');
  assert.ok(encoder.isRunning, 'the encoder kept its connection');
});

story('the log shows no stream key, no secret and no signature', async (kit) => {
  const server = await kit.server();
  const channel = await createChannel(kit);
  kit.encoder(channel.rtmpUrl, { seconds: 30 });
  await untilLive(channel);
  const wrong = kit.encoder(`${server.rtmp}/app/sk_us-west-2_wrong_key`, { seconds: 5 });
  await wrong.ended;
  for (const secret of [channel.key, server.credentials.secretAccessKey, 'sk_us-west-2_wrong_key', 'Signature='])
    assert.ok(!server.log.includes(secret), `the log shows ${secret}`);
});

story('metrics may have a listener of their own', async (kit) => {
  const server = await kit.server({ options: ['--metrics', '127.0.0.1:0'] });
  const [, address] = server.log.match(/^metrics\s+(\S+)/m);
  assert.match(await fetchText(address.includes('/metrics') ? address : `${address}/metrics`), /^weir_/m);
});
