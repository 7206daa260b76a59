// SPDX-License-Identifier: Apache-2.0
// `make run`, as a newcomer does it: follow what it prints, watch, press Ctrl-C.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { IvsClient, ListChannelsCommand } from '@aws-sdk/client-ivs';

import { untilPlaying } from './support/browser.mjs';
import { Child, runCommand } from './support/child.mjs';
import { fetchVariants } from './support/playlist.mjs';
import { binary, makeDataDir, readCredentials, region } from './support/server.mjs';
import { story } from './support/story.mjs';
import { slow, until } from './support/wait.mjs';

const demo = fileURLToPath(new URL('../../scripts/demo', import.meta.url));

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

const descendants = async (pid) => {
  const { stdout } = await runCommand('ps', ['-eo', 'pid=,ppid=']);
  const rows = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const under = (parent) => rows.filter(([, ppid]) => ppid === parent).flatMap(([child]) => [child, ...under(child)]);
  return under(pid);
};

async function runDemo(kit, env = {}) {
  const data = makeDataDir();
  const ports = await freePorts(5);
  kit.onEnd(async () => rmSync(data, { recursive: true, force: true }));
  const child = new Child(demo, [], {
    env: { ...process.env, WEIR_DATA: data, WEIR_BINARY: binary, PORTS: ports.join(' '), ...env }, lifetimeMs: 90_000,
  });
  kit.onEnd(() => child.stop('SIGTERM'));
  kit.logs.push(() => `--- demo\n${child.log.slice(-3000)}`);
  return { child, data, ports };
}

async function startDemo(kit) {
  const { child } = await runDemo(kit);
  const url = await until('the address of the watch page', () => {
    if (!child.isRunning) throw Object.assign(new Error('the demo ended'), { isFinal: true });
    return child.log.match(/Watch\s+(\S+)/)?.[1];
  }, { timeout: 30_000 });
  return { child, url };
}

const printed = (child, title) =>
  child.log.match(new RegExp(`${title}\\s+((?:.*\\\\\\n)*.*)`))[1].replace(/\\\n\s*/g, '');

story('everything that it prints works, and Ctrl-C ends everything', async (kit) => {
  const { child, url } = await startDemo(kit);
  const playback = url.replace(/\/watch\/(\w+)$/, '/api/video/v1/us-west-2.000000000000.channel.$1.m3u8');
  await until('the demo channel to play', () => fetchVariants(playback));
  const page = await (await kit.browser()).page(url);
  const ms = await untilPlaying(page);
  assert.ok(ms < 3000 * slow, `the picture came after ${ms} ms`);

  const created = await runCommand('bash', ['-c', printed(child, 'Create a channel')], { env: { ...process.env, AWS_PAGER: '' } });
  assert.equal(created.code, 0, created.stderr);
  const { channel, streamKey } = JSON.parse(created.stdout);
  const feed = printed(child, 'Feed it').replace('<streamKey.value>', streamKey.value);
  const encoder = new Child('bash', ['-c', `exec ${feed}`]);
  kit.onEnd(() => encoder.stop('SIGKILL'));
  await until('the new channel to play', () => fetchVariants(channel.playbackUrl));

  const started = await descendants(child.pid);
  assert.ok(started.length >= 3, 'server, feed and encoder run');
  await child.stop('SIGINT');
  await until('everything to be gone', () => started.every((pid) => !existsSync(`/proc/${pid}`)), { timeout: 15_000 });
}, { timeout: 120_000 });

story('DEMO=0 LISTEN=0.0.0.0 is a server alone that others reach', async (kit) => {
  const { child, data, ports } = await runDemo(kit, { DEMO: '0', LISTEN: '0.0.0.0' });
  const endpoint = `http://127.0.0.1:${ports[0]}`;
  await until('the server to be ready', async () => (await fetch(`${endpoint}/healthz`)).ok, { timeout: 30_000 });
  const listening = await Promise.all(ports.map(async (port, i) => {
    const { stdout } = await runCommand('bash', ['-c', `grep -ci ' 00000000:${port.toString(16).padStart(4, '0')} ' /proc/net/${i === 4 ? 'udp' : 'tcp'} || true`]);
    return Number(stdout) > 0;
  }));
  assert.deepEqual(listening, [true, true, true, true, true], 'on every address');
  const ivs = new IvsClient({ endpoint, region, credentials: readCredentials(data) });
  kit.onEnd(async () => ivs.destroy());
  assert.deepEqual((await ivs.send(new ListChannelsCommand({}))).channels, [], 'nothing was made');
  await child.stop('SIGINT');
  assert.equal(child.code, 0);
});
