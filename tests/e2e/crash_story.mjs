// SPDX-License-Identifier: Apache-2.0
// The machine loses power in the middle of writes: whatever was acknowledged is there afterwards.
import assert from 'node:assert/strict';

import { CreateChannelCommand, DeleteChannelCommand, GetChannelCommand, GetStreamKeyCommand, ListChannelsCommand } from '@aws-sdk/client-ivs';

import { isInstalled } from './support/postgres.mjs';
import { story } from './support/story.mjs';
import { letItRun } from './support/wait.mjs';

// Creates and sometimes deletes until the server is gone; notes only what was acknowledged.
async function writeUntilGone(ivs, noted) {
  for (let i = 0; ; i += 1) {
    try {
      const { channel, streamKey } = await ivs.send(new CreateChannelCommand({ name: `w-${i}` }));
      noted.created.set(channel.arn, streamKey);
      if (i % 5 === 4) {
        noted.doubtful.add(channel.arn); // until the answer comes
        await ivs.send(new DeleteChannelCommand({ arn: channel.arn }));
        noted.doubtful.delete(channel.arn);
        noted.deleted.add(channel.arn);
      }
    } catch {
      return;
    }
  }
}

async function listAll(ivs) {
  const arns = [];
  let nextToken;
  do {
    const page = await ivs.send(new ListChannelsCommand({ nextToken }));
    arns.push(...page.channels.map((channel) => channel.arn));
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

async function killDuringWrites(kit, settings) {
  const server = await kit.server(settings);
  const noted = { created: new Map(), deleted: new Set(), doubtful: new Set() };
  for (let round = 0; round < 3; round += 1) {
    const ivs = kit.ivs();
    const writers = Array.from({ length: 16 }, () => writeUntilGone(ivs, noted));
    await letItRun(700);
    await server.restart({ signal: 'SIGKILL' });
    await Promise.all(writers);
  }
  const ivs = kit.ivs();
  assert.ok(noted.created.size > 100, `only ${noted.created.size} writes`);
  const there = new Set(await listAll(ivs));
  for (const [arn, streamKey] of noted.created) {
    if (noted.doubtful.has(arn)) continue;
    assert.equal(there.has(arn), !noted.deleted.has(arn), arn);
    if (!there.has(arn)) continue;
    assert.equal((await ivs.send(new GetChannelCommand({ arn }))).channel.arn, arn);
    assert.equal((await ivs.send(new GetStreamKeyCommand({ arn: streamKey.arn }))).streamKey.value, streamKey.value);
  }
}

story('kill -9 during writes loses nothing that was acknowledged', (kit) => killDuringWrites(kit), { timeout: 120_000 });

if (isInstalled) {
  story('kill -9 during writes into PostgreSQL loses nothing that was acknowledged', async (kit) => {
    await killDuringWrites(kit, { options: ['--store', (await kit.postgres()).url] });
  }, { timeout: 120_000 });
}
