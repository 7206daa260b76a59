// SPDX-License-Identifier: Apache-2.0
// An encoder that sends the tags of a file when it is told to, with the timestamps it is told to.
import { RtmpClient } from './rtmp_client.mjs';
import { letItRun } from './wait.mjs';

// `due(tag)`: how many milliseconds after the first one it is sent; `stamp(tag)`: the time that is
// written on it; both are the tag's own time. `ended` comes with the last one, the connection stays.
export async function sendTags(kit, url, tags, { due = (tag) => tag.ms, stamp = (tag) => tag.ms } = {}) {
  const client = new RtmpClient(url);
  kit.onEnd(async () => client.close());
  const { code } = await client.publish();
  if (code !== 'NetStream.Publish.Start') throw new Error(`publishing: ${code}`);
  const start = performance.now();
  const send = async () => {
    for (const tag of tags) {
      const early = due(tag) - (performance.now() - start);
      if (early > 0) await letItRun(early);
      client.send(tag.type, Math.max(0, Math.round(stamp(tag))), tag.body);
    }
  };
  return { client, ended: send() };
}
