// SPDX-License-Identifier: Apache-2.0
// 2,000 channels, paged while some of them disappear: nobody else is lost or seen twice.
import assert from 'node:assert/strict';

import { CreateChannelCommand, DeleteChannelCommand, ListChannelsCommand } from '@aws-sdk/client-ivs';

import { story } from './support/story.mjs';

const COUNT = 2000;

// Runs `work(i)` for i below `count`, `width` at a time.
async function inParallel(count, width, work) {
  const results = [];
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    for (let i = next++; i < count; i = next++) results[i] = await work(i);
  }));
  return results;
}

story('lists stay stable while channels come and go', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  const created = await inParallel(COUNT, 32, async (i) =>
    (await ivs.send(new CreateChannelCommand({ name: `c-${i}` }))).channel.arn);
  assert.equal(new Set(created).size, COUNT);

  const seen = [];
  const deleted = new Set();
  let nextToken;
  for (let page = 0; ; page += 1) {
    const answer = await ivs.send(new ListChannelsCommand({ maxResults: 60, nextToken }));
    seen.push(...answer.channels.map((channel) => channel.arn));
    nextToken = answer.nextToken;
    if (!nextToken) break;
    // One behind the cursor, one at it, one ahead.
    const victims = [created[page], seen.at(-1), created[COUNT - 1 - page]].filter((arn) => !deleted.has(arn));
    await Promise.all(victims.map((arn) => ivs.send(new DeleteChannelCommand({ arn }))));
    victims.forEach((arn) => deleted.add(arn));
  }
  assert.ok(deleted.size > 60);
  assert.equal(new Set(seen).size, seen.length, 'no channel is listed twice');
  const listed = new Set(seen);
  for (const arn of created) assert.ok(listed.has(arn) || deleted.has(arn), `${arn} was lost`);
}, { timeout: 120_000 });

story('a page token belongs to its question', async (kit) => {
  await kit.server();
  const ivs = kit.ivs();
  await inParallel(3, 1, (i) => ivs.send(new CreateChannelCommand({ name: `same`, tags: { i: String(i) } })));
  const { nextToken } = await ivs.send(new ListChannelsCommand({ maxResults: 1, filterByName: 'same' }));
  assert.match(nextToken, /^[a-zA-Z0-9+/=_-]+$/);
  const next = await ivs.send(new ListChannelsCommand({ maxResults: 2, filterByName: 'same', nextToken }));
  assert.equal(next.channels.length, 2);
  assert.equal(next.nextToken, undefined);
  await assert.rejects(ivs.send(new ListChannelsCommand({ nextToken })), { name: 'ValidationException' });
  const forged = nextToken.slice(0, -4) + (nextToken.endsWith('AAAA') ? 'BBBB' : 'AAAA');
  await assert.rejects(ivs.send(new ListChannelsCommand({ filterByName: 'same', nextToken: forged })), { name: 'ValidationException' });
});
