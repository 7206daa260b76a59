// SPDX-License-Identifier: Apache-2.0
// One Weir server with free ports and a data directory of its own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { IvsClient } from '@aws-sdk/client-ivs';
import { IVSRealTimeClient } from '@aws-sdk/client-ivs-realtime';

import { Child } from './child.mjs';
import { slow, until } from './wait.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = path.resolve(process.env.WEIR_BINARY ?? path.join(root, 'build', 'weir'));
export const region = 'us-west-2';

// The SDK's advice on Node versions is not what anybody looks for here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const LISTENERS = ['http', 'https', 'rtmp', 'rtmps'];

export function makeDataDir() {
  return mkdtempSync(path.join(os.tmpdir(), 'weir-test-'));
}

// The addresses that the server printed at its start: { http: 'http://127.0.0.1:4711', ... }
function printedAddresses(log) {
  const found = {};
  for (const [, scheme, address] of log.matchAll(/\b(https?|rtmps?|srt):\/\/((?:[\w.-]+|\[[\da-f:]+\]):\d+)/g))
    found[scheme] ??= `${scheme}://${address}`;
  return found;
}

export function readCredentials(dataDir) {
  const text = readFileSync(path.join(dataDir, 'credentials'), 'utf8');
  const value = (name) => text.match(new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm'))[1];
  return { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') };
}

export class Server {
  // `cores`: the only ones it may run on, as taskset takes them.
  constructor({ dataDir = makeDataDir(), options = [], env = {}, listeners = LISTENERS, lifetimeMs = 280_000, cores } = {}) {
    this.command = cores ? ['taskset', '-c', cores, binary] : [binary];
    this.dataDir = dataDir;
    this.lifetimeMs = lifetimeMs;
    this.options = options;
    this.env = env;
    this.addresses = Object.fromEntries(listeners.map((name) => [name, '127.0.0.1:0']));
  }

  async start() {
    const listen = Object.entries(this.addresses).flatMap(([name, address]) => [`--${name}`, address]);
    this.child = new Child(
      this.command[0],
      [...this.command.slice(1), 'serve', '--data', this.dataDir, '--loops', '2', '--unlimited', '--log-level', 'debug', ...listen, ...this.options],
      { env: { ...process.env, ...this.env }, lifetimeMs: this.lifetimeMs },
    );
    await until('the server to be ready', async () => {
      if (!this.child.isRunning) throw Object.assign(new Error('the server ended'), { isFinal: true });
      Object.assign(this, printedAddresses(this.child.log));
      return this.http && (await fetch(`${this.http}/healthz`)).ok;
    }, { timeout: 10_000, interval: 20 }).catch((error) => {
      error.message += `\n${this.child.log}`;
      throw error;
    });
    return this;
  }

  get credentials() { return readCredentials(this.dataDir); }
  // An SDK client, as the server's administrator unless told otherwise.
  ivs(settings = {}) {
    return new IvsClient({ endpoint: this.http, region, credentials: this.credentials, maxAttempts: 1, ...settings });
  }

  realtime(settings = {}) {
    return new IVSRealTimeClient({ endpoint: this.http, region, credentials: this.credentials, maxAttempts: 1, ...settings });
  }

  get log() { return this.child?.log ?? ''; }

  // The same server again: same data, same ports.
  async restart({ signal = 'SIGTERM' } = {}) {
    await this.child.stop(signal);
    for (const name of Object.keys(this.addresses)) this.addresses[name] = new URL(this[name].replace(/^rtmp/, 'http')).host;
    return this.start();
  }

  async stop() {
    if (this.child?.isRunning) await this.child.stop('SIGTERM', 12_000 * slow);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
