// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of the test's own: a cluster in a temporary folder, reached by a Unix socket.
import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Child, runCommand } from './child.mjs';
import { until } from './wait.mjs';

const VERSIONS = '/usr/lib/postgresql';

// Debian keeps the server's programs out of PATH, a folder per version. Undefined: not installed.
function findPrograms() {
  try {
    const newest = readdirSync(VERSIONS).sort((a, b) => b - a)[0];
    return path.join(VERSIONS, newest, 'bin');
  } catch {
    return undefined;
  }
}

const programs = findPrograms();
export const isInstalled = programs !== undefined;

const isRoot = process.getuid() === 0;
const idOfNobody = (flag) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);

// The server refuses to run as root.
function asSomebody(program, args) {
  const command = path.join(programs, program);
  return isRoot
    ? ['setpriv', ['--reuid=nobody', `--regid=${idOfNobody('-g')}`, '--clear-groups', command, ...args]]
    : [command, args];
}

export class Postgres {
  async create() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'weir-pg-'));
    if (isRoot) chownSync(this.folder, idOfNobody('-u'), idOfNobody('-g'));
    const { code, stderr } = await runCommand(...asSomebody('initdb', [
      '--no-sync', '-D', this.data, '-U', 'weir', '-A', 'trust', '-E', 'UTF8', '--locale', 'C',
    ]), { timeout: 60_000 });
    if (code) throw new Error(`initdb: ${stderr}`);
    return this.start();
  }

  get data() { return path.join(this.folder, 'data'); }
  get url() { return `postgresql:///postgres?host=${this.folder}&user=weir`; }

  async start() {
    this.child = new Child(...asSomebody('postgres', ['-D', this.data, '-k', this.folder, '-c', 'listen_addresses=']), { lifetimeMs: 1_200_000 });
    await until('PostgreSQL to take connections', async () => {
      const { code } = await runCommand(path.join(programs, 'pg_isready'), ['-h', this.folder]);
      return code === 0;
    }, { timeout: 60_000, interval: 50 });
    return this;
  }

  // As a crash: it recovers from its log at the next start.
  async crash() { await this.child.stop('SIGQUIT'); }

  async destroy() {
    if (this.child?.isRunning) await this.crash();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
