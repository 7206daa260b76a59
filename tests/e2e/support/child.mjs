// SPDX-License-Identifier: Apache-2.0
// Child processes that never outlive the test: ended by pid, and by the kernel if the test dies.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { slow, withDeadline } from './wait.mjs';

const LOG_MAX = 200_000;

export class Child {
  constructor(command, args, { env, input = 'ignore', lifetimeMs = 120_000 } = {}) {
    this.name = command.split('/').pop();
    this.log = '';
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
      stdio: [input, 'pipe', 'pipe'],
      env: env ?? process.env,
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => { this.log = (this.log + text).slice(-LOG_MAX); });
    }
    // 'close' comes after the last output: what was printed is then in the log.
    this.ended = once(this.process, 'close').then(([code, signal]) => {
      clearTimeout(this.limit);
      this.code = code;
      this.signal = signal;
      return this;
    });
    this.limit = setTimeout(() => this.signalNow('SIGKILL'), lifetimeMs * slow);
    this.limit.unref();
  }

  get pid() { return this.process.pid; }
  get isRunning() { return this.process.exitCode === null && this.process.signalCode === null; }

  signalNow(signal) {
    if (this.isRunning) process.kill(this.pid, signal);
  }

  async stop(signal = 'SIGTERM', timeout = 12_000) {
    this.signalNow(signal);
    await withDeadline(`${this.name} to end`, this.ended, timeout).catch((error) => {
      this.signalNow('SIGKILL');
      throw error;
    });
    return this;
  }
}

// Runs a command to its end; the whole of what it printed is in the result.
export async function runCommand(command, args, { env, input, timeout = 30_000 } = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: env ?? process.env,
  });
  const out = { stdout: [], stderr: [] };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => out[name].push(data));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = once(child, 'close');
  await withDeadline(`${command} to end`, ended, timeout).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  const [code, signal] = await ended;
  return { code, signal, stdout: Buffer.concat(out.stdout).toString(), stderr: Buffer.concat(out.stderr).toString() };
}
