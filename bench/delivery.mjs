// SPDX-License-Identifier: Apache-2.0
// Segments of about 200 kB and playlists of about 2 kB of a live channel, fetched from Weir with one
// loop, and the same bytes as files on tmpfs from nginx with one worker. The server's process is on
// core 0, its client (wrk, h2load) on core 1; Weir and nginx take turns within each run. A figure is
// the median of the runs: requests per second of the server process's CPU, relative to nginx.
// CASES=REGEXP chooses among the titles, RUNS and SECONDS_A_RUN shorten it.
//
// The peers are configured as one would for live HLS: nginx with sendfile, without a cache of open
// files (they change all the time). Both have the same P-256 certificate and speak TLS 1.3.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createChannelOn, untilLive, untilPlaylist } from '../tests/e2e/support/channel.mjs';
import { Child, runCommand } from '../tests/e2e/support/child.mjs';
import { fetchMedia } from '../tests/e2e/support/playlist.mjs';
import { Server } from '../tests/e2e/support/server.mjs';
import { until } from '../tests/e2e/support/wait.mjs';
import { cpuSecondsExact, finish, median, row } from './support/figures.mjs';

const RUNS = Number(process.env.RUNS ?? 5);
const SECONDS = Number(process.env.SECONDS_A_RUN ?? 5);
const PORTS = { clear: 18436, tls: 18437, unsent: 18438 }; // of nginx
const WINDOW_MS = 45_000; // until the playlist has its full length
const LIFETIME_MS = 1_800_000;
const folder = mkdtempSync('/dev/shm/weir-bench-');

// Two-second segments of 800 kb/s.
function makeFile() {
  const file = path.join(folder, 'source.flv');
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=20', '-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=20',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '660k', '-minrate', '660k', '-maxrate', '660k', '-bufsize', '660k',
    '-x264-params', 'nal-hrd=cbr', '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-c:a', 'aac', '-b:a', '64k', file,
  ]);
  return file;
}

async function startWeir() {
  const server = await new Server({ options: ['--loops', '1', '--log-level', 'warn'], lifetimeMs: LIFETIME_MS }).start();
  const channel = await createChannelOn(server, { latencyMode: 'NORMAL' });
  const encoder = new Child('taskset', ['-c', '1', 'ffmpeg', '-v', 'error', '-re', '-stream_loop', '-1', '-i', makeFile(), '-c', 'copy', '-f', 'flv', channel.rtmpUrl],
    { lifetimeMs: LIFETIME_MS });
  const [variant] = await untilLive(channel);
  await untilPlaylist(variant.url, 'a full window', (playlist) => playlist.mediaSequence > 0, WINDOW_MS);
  return {
    pids: () => [server.child.pid],
    // The same paths in clear and under TLS; the newest segment is there for a while.
    refresh: async () => {
      const { segments, text } = await fetchMedia(variant.url);
      const segment = segments.at(-2).url;
      writeFileSync(path.join(folder, 'playlist'), text);
      writeFileSync(path.join(folder, 'segment'), Buffer.from(await (await fetch(segment)).arrayBuffer()));
      return { playlist: new URL(variant.url).pathname, segment: new URL(segment).pathname };
    },
    url: (kind, paths, what) => `${kind.tls ? server.https : server.http}${paths[what]}`,
    certificate: path.join(server.dataDir, 'tls-cert.pem'),
    key: path.join(server.dataDir, 'tls-key.pem'),
    stop: async () => { await encoder.stop('SIGKILL'); await server.stop(); },
  };
}

// `sendfile`: 'on' or 'off'
async function startNginx(name, sendfile, listen, weir) {
  const conf = path.join(folder, `${name}.conf`);
  copyFileSync(weir.certificate, path.join(folder, 'cert.pem'));
  copyFileSync(weir.key, path.join(folder, 'key.pem'));
  writeFileSync(conf, `
    daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.log;
    events { worker_connections 4096; }
    http {
      access_log off; sendfile ${sendfile}; tcp_nopush on; keepalive_requests 1000000000; default_type video/mp2t;
      ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;
      server { ${listen.map((text) => `listen 127.0.0.1:${text};`).join(' ')} root ${folder}; add_header Cache-Control "public, max-age=3600"; }
    }`);
  execFileSync('chmod', ['755', folder]);
  const child = new Child('nginx', ['-c', conf], { lifetimeMs: LIFETIME_MS });
  const master = await until('nginx to run', () => Number(readFileSync(`${folder}/${name}.pid`, 'utf8')));
  const workers = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === master).map(Number);
  await until('its worker', () => workers().length === 1);
  return {
    pids: () => [master, ...workers()],
    refresh: async () => {},
    url: (kind, paths, what) => `http${kind.tls ? 's' : ''}://127.0.0.1:${PORTS[name === 'nginx' ? (kind.tls ? 'tls' : 'clear') : 'unsent']}/${what}`,
    stop: () => child.stop(),
  };
}

function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1]);
  } catch {
    return 0; // it has ended meanwhile
  }
}

async function runLoad(kind, url) {
  const command = kind.h2 ? ['h2load', '-c32', '-m8', '-D', String(SECONDS), url] : ['wrk', '-t1', '-c64', `-d${SECONDS}s`, url];
  const { stdout } = await runCommand('taskset', ['-c', '1', ...command], { timeout: (SECONDS + 60) * 1000 });
  const count = Number(stdout.match(kind.h2 ? /(\d+) succeeded, 0 failed/ : /(\d+) requests in/)?.[1]);
  if (!count || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`${command.join(' ')}: ${stdout}`);
  return count;
}

const cpu = (server) => server.pids().reduce((sum, pid) => sum + cpuSecondsExact(pid), 0);

// Microseconds of CPU per request, for each server the median of the runs.
async function measure(kind, what, servers) {
  const costs = servers.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    for (const [i, server] of servers.entries()) {
      const paths = await weir.refresh();
      const before = cpu(server);
      const count = await runLoad(kind, server.url(kind, paths, what));
      costs[i].push(((cpu(server) - before) * 1e6) / count);
    }
  }
  return costs.map(median);
}

async function compare({ title, kind, what, targets }, servers) {
  const [ours, ...theirs] = await measure(kind, what, servers);
  const us = (value) => `${value.toFixed(1)} us`;
  theirs.forEach((cost, i) => {
    const ratio = cost / ours;
    row(`${title}${i ? ', its sendfile off' : ''}`, `${ratio.toFixed(2)} (${us(ours)} a request, nginx ${us(cost)})`, targets[i].toFixed(2), ratio >= targets[i]);
  });
}

const clear = {}, tls = { tls: true }, h2 = { tls: true, h2: true };
// `targets`: relative to nginx, and to nginx that sends without sendfile.
const CASES = [
  { title: 'segments over HTTP/1.1 in clear, relative to nginx', kind: clear, what: 'segment', targets: [0.85, 1.2] },
  { title: 'segments over HTTP/1.1 and TLS', kind: tls, what: 'segment', targets: [1.15] },
  { title: 'segments over HTTP/2 and TLS', kind: h2, what: 'segment', targets: [1.15] },
  { title: 'playlists over HTTP/1.1 in clear', kind: clear, what: 'playlist', targets: [1.3] },
  { title: 'playlists over HTTP/1.1 and TLS', kind: tls, what: 'playlist', targets: [1.0] },
  { title: 'playlists over HTTP/2 and TLS', kind: h2, what: 'playlist', targets: [1.3] },
];
const chosen = CASES.filter(({ title }) => title.match(process.env.CASES ?? ''));

const weir = await startWeir();
const nginx = await startNginx('nginx', 'on', [PORTS.clear, `${PORTS.tls} ssl http2`], weir);
const unsent = await startNginx('unsent', 'off', [PORTS.unsent], weir);
try {
  await weir.refresh();
  for (const server of [weir, nginx, unsent])
    for (const pid of server.pids()) execFileSync('taskset', ['-a', '-cp', '0', String(pid)], { stdio: 'ignore' });
  const size = (name) => `${(readFileSync(path.join(folder, name)).length / 1000).toFixed(1)} kB`;
  row('a segment, a playlist', `${size('segment')}, ${size('playlist')}`);
  for (const one of chosen) await compare(one, [weir, nginx, unsent].slice(0, 1 + one.targets.length));
} finally {
  await nginx.stop();
  await unsent.stop();
  await weir.stop();
  rmSync(folder, { recursive: true });
}
finish();
