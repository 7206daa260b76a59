// SPDX-License-Identifier: Apache-2.0
// The operator keeps the state in PostgreSQL: it is all there for the next server, and an outage of
// the database is an outage of the API, no more.
import assert from 'node:assert/strict';
import test from 'node:test';

import { CreateChannelCommand, GetChannelCommand, ListChannelsCommand } from '@aws-sdk/client-ivs';

import { isInstalled } from './support/postgres.mjs';
import { story } from './support/story.mjs';
import { until } from './support/wait.mjs';

const create = (ivs, name) => ivs.send(new CreateChannelCommand({ name }));

async function names(ivs) {
  const { channels } = await ivs.send(new ListChannelsCommand({}));
  return channels.map((channel) => channel.name);
}

if (isInstalled) {
  story('channels in PostgreSQL outlive the server', async (kit) => {
    const postgres = await kit.postgres();
    const server = await kit.server({ options: ['--store', postgres.url] });
    const { channel } = await create(kit.ivs(), 'stays');
    await server.restart();
    assert.deepEqual((await kit.ivs().send(new GetChannelCommand({ arn: channel.arn }))).channel, channel);
  }, { timeout: 120_000 });

  story('an outage of PostgreSQL is answered with 503 and over when it is back', async (kit) => {
    const postgres = await kit.postgres();
    const server = await kit.server({ options: ['--store', postgres.url] });
    const ivs = kit.ivs();
    await create(ivs, 'before');
    await postgres.crash();
    for (const call of [() => names(ivs), () => create(ivs, 'during')])
      await assert.rejects(call, (error) => error.name === 'ServiceUnavailable' && error.$metadata.httpStatusCode === 503);
    await until('/healthz to say so', async () => (await fetch(`${server.http}/healthz`)).status === 503);
    await postgres.start();
    await create(ivs, 'after');
    assert.deepEqual(await names(ivs), ['before', 'after']);
    await until('/healthz to be well', async () => (await fetch(`${server.http}/healthz`)).ok);
  }, { timeout: 120_000 });
} else {
  test('postgresql', { skip: 'the package postgresql is not installed' });
}
