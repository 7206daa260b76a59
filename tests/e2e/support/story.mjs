// SPDX-License-Identifier: Apache-2.0
// A story is a test that gets what customers have: a server, the SDK, encoders, players, a browser.
// Whatever it used is ended when it is over, and the logs are shown where it failed.
import path from 'node:path';
import test from 'node:test';

import { openBrowser } from './browser.mjs';
import { startEncoder } from './encoder.mjs';
import { Postgres } from './postgres.mjs';
import { Server } from './server.mjs';
import { slow } from './wait.mjs';

const LOG_TAIL = 4000;

class Kit {
  cleanups = []; // newest first
  logs = [];

  onEnd(cleanup) {
    this.cleanups.unshift(cleanup);
  }

  async server(settings) {
    const server = new Server(settings);
    this.onEnd(() => server.stop());
    this.logs.push(() => `--- server\n${server.log.slice(-LOG_TAIL)}`);
    await server.start();
    this.lastServer = server;
    return server;
  }

  // A PostgreSQL server for the option --store.
  async postgres() {
    const postgres = new Postgres();
    this.onEnd(() => postgres.destroy());
    return postgres.create();
  }

  // An SDK client of the last server started.
  ivs(settings) {
    const client = this.lastServer.ivs(settings);
    this.onEnd(() => client.destroy());
    return client;
  }

  realtime(settings) {
    const client = this.lastServer.realtime(settings);
    this.onEnd(() => client.destroy());
    return client;
  }

  // See startEncoder().
  encoder(url, settings) {
    const encoder = startEncoder(url, settings);
    this.onEnd(() => encoder.stop('SIGKILL'));
    this.logs.push(() => `--- encoder\n${encoder.log.slice(-LOG_TAIL / 4)}`);
    return encoder;
  }

  async browser(settings) {
    const browser = await openBrowser(settings);
    this.onEnd(() => browser.close());
    this.logs.push(() => `--- browser\n${browser.log.slice(-LOG_TAIL)}`);
    return browser;
  }
}

async function end(kit) {
  let failure;
  for (const cleanup of kit.cleanups) await Promise.resolve(cleanup()).catch((error) => { failure ??= error; });
  if (failure) throw failure;
}

const storyFile = path.basename(process.argv[1], '_story.mjs');

export function story(name, tell, { timeout = 60_000 } = {}) {
  test(`${storyFile}: ${name}`, { timeout: timeout * slow }, async () => {
    const kit = new Kit();
    try {
      await tell(kit);
    } catch (error) {
      error.stack += `\n${kit.logs.map((log) => log()).join('\n')}`;
      await end(kit).catch(() => {});
      throw error;
    }
    await end(kit);
  });
}
