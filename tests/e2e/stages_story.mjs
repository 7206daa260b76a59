// SPDX-License-Identifier: Apache-2.0
// The life of stages and their tokens, through the unmodified SDK.
import assert from 'node:assert/strict';

import {
  CreateParticipantTokenCommand, CreateStageCommand, DeleteStageCommand, GetStageCommand, ListParticipantsCommand,
  ListStagesCommand, ListTagsForResourceCommand, StartCompositionCommand, TagResourceCommand, UntagResourceCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-ivs-realtime';

import { createChannel } from './support/channel.mjs';
import { headerOf, isSignedBy, payloadOf, possibleKeys } from './support/jws.mjs';
import { story } from './support/story.mjs';

const STAGE_ARN = /^arn:aws:ivs:us-west-2:000000000000:stage\/[A-Za-z0-9]{12}$/;

story('a stage is created with tokens, read, renamed, tagged and deleted', async (kit) => {
  const server = await kit.server();
  const realtime = kit.realtime();
  const { stage, participantTokens } = await realtime.send(new CreateStageCommand({
    name: 'first', tags: { team: 'sport & fun' },
    participantTokenConfigurations: [{ userId: 'anna' }, { userId: 'bob', capabilities: ['SUBSCRIBE'], duration: 5 }],
  }));
  assert.match(stage.arn, STAGE_ARN);
  assert.equal(stage.activeSessionId, undefined);
  assert.deepEqual(participantTokens.map((token) => [token.userId, token.duration, token.capabilities]),
    [['anna', 720, ['PUBLISH', 'SUBSCRIBE']], ['bob', 5, ['SUBSCRIBE']]]);
  assert.ok(stage.endpoints.whip.startsWith(`${server.http}/`), stage.endpoints.whip);
  assert.ok(stage.endpoints.events.startsWith(`${server.http.replace('http', 'ws')}/`), stage.endpoints.events);
  assert.equal(stage.endpoints.rtmp, `${server.rtmp}/app/`);
  assert.equal(stage.endpoints.rtmps, `${server.rtmps}/app/`);

  assert.deepEqual((await realtime.send(new GetStageCommand({ arn: stage.arn }))).stage, stage);
  const updated = await realtime.send(new UpdateStageCommand({
    arn: stage.arn, name: 'second', autoParticipantRecordingConfiguration: stage.autoParticipantRecordingConfiguration,
  }));
  assert.deepEqual(updated.stage, { ...stage, name: 'second' });

  await realtime.send(new TagResourceCommand({ resourceArn: stage.arn, tags: { 'any?': 'löwe!' } }));
  await realtime.send(new UntagResourceCommand({ resourceArn: stage.arn, tagKeys: ['team'] }));
  assert.deepEqual((await realtime.send(new ListTagsForResourceCommand({ resourceArn: stage.arn }))).tags, { 'any?': 'löwe!' });

  await realtime.send(new DeleteStageCommand({ arn: stage.arn }));
  await assert.rejects(realtime.send(new GetStageCommand({ arn: stage.arn })), { name: 'ResourceNotFoundException' });
  await assert.rejects(realtime.send(new CreateParticipantTokenCommand({ stageArn: stage.arn })),
    { name: 'ResourceNotFoundException' });
});

story('a token says what was asked for, and its signature is verified by somebody else', async (kit) => {
  const server = await kit.server();
  const { stage } = await kit.realtime().send(new CreateStageCommand({}));
  const create = async (settings) => (await kit.realtime().send(
    new CreateParticipantTokenCommand({ stageArn: stage.arn, ...settings }))).participantToken;
  const wanted = { userId: 'änne', attributes: { role: 'host', order: '1' }, duration: 20160, capabilities: ['PUBLISH'] };
  const first = await create(wanted);
  const payload = payloadOf(first.token);
  assert.deepEqual([headerOf(first.token).alg, headerOf(first.token).typ], ['ES384', 'JWT']);
  assert.equal(payload.exp - payload.iat, 14 * 24 * 3600);
  assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
  assert.equal(first.expirationTime.getTime(), payload.exp * 1000);
  assert.deepEqual(
    { jti: payload.jti, user_id: payload.user_id, resource: payload.resource, topic: payload.topic,
      events_url: payload.events_url, whip_url: payload.whip_url, attributes: payload.attributes, version: payload.version },
    { jti: first.participantId, user_id: 'änne', resource: stage.arn, topic: stage.arn.split('/')[1],
      events_url: stage.endpoints.events, whip_url: stage.endpoints.whip, attributes: wanted.attributes, version: '1.0' });
  assert.deepEqual([payload.capabilities.allow_publish, payload.capabilities.allow_subscribe ?? false], [true, false]);

  await server.restart();
  const second = await create({});
  assert.notEqual(second.participantId, first.participantId);
  const keys = possibleKeys(first.token).filter((key) => isSignedBy(key, second.token));
  assert.equal(keys.length, 1, 'one key has signed both');
  assert.ok(isSignedBy(keys[0], first.token));
  const [header, , signature] = first.token.split('.');
  const forged = Buffer.from(JSON.stringify({ ...payload, user_id: 'bob' })).toString('base64url');
  assert.ok(!isSignedBy(keys[0], `${header}.${forged}.${signature}`));
});

story('stages are listed in pages', async (kit) => {
  await kit.server();
  const realtime = kit.realtime();
  for (let i = 0; i < 7; i++) await realtime.send(new CreateStageCommand({ name: `s-${i}`, tags: { i: `${i}` } }));
  const seen = [];
  let nextToken;
  do {
    const page = await realtime.send(new ListStagesCommand({ maxResults: 3, nextToken }));
    assert.ok(page.stages.length <= 3);
    seen.push(...page.stages);
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(seen.map((stage) => [stage.name, stage.tags.i]), Array.from({ length: 7 }, (_, i) => [`s-${i}`, `${i}`]));
});

story('what is not there yet says so, after everything else was judged', async (kit) => {
  await kit.server();
  const realtime = kit.realtime();
  const { stage } = await realtime.send(new CreateStageCommand({}));
  const { arn: channelArn } = await createChannel(kit);
  const isPending = (error) => error.name === 'NotImplementedException' && error.$metadata.httpStatusCode === 501;
  const session = { stageArn: stage.arn, sessionId: 'st-abcdefghijklm' };
  await assert.rejects(realtime.send(new ListParticipantsCommand(session)), isPending);
  await assert.rejects(
    realtime.send(new ListParticipantsCommand({ ...session, filterByPublished: true, filterByState: 'CONNECTED' })),
    { name: 'ValidationException' });
  const composition = { stageArn: stage.arn, destinations: [{ channel: { channelArn } }] };
  await assert.rejects(realtime.send(new StartCompositionCommand(composition)), isPending);
  await assert.rejects(
    realtime.send(new StartCompositionCommand({ ...composition, destinations: [{ channel: { channelArn: channelArn.replace(/.{4}$/, 'none') } }] })),
    { name: 'ResourceNotFoundException' });
});
