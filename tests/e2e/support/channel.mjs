// SPDX-License-Identifier: Apache-2.0
// A channel as a customer gets it from the SDK, and the way until it plays.
import { CreateChannelCommand, GetStreamCommand } from '@aws-sdk/client-ivs';

import { fetchMedia, fetchVariants } from './playlist.mjs';
import { until } from './wait.mjs';

// { arn, id, key, playbackUrl, rtmpUrl, rtmpsUrl, channel, streamKey }
export async function createChannel(kit, input) {
  return createChannelOn(kit.lastServer, input);
}

export async function createChannelOn(server, input = {}) {
  const ivs = server.ivs();
  const { channel, streamKey } = await ivs.send(
    new CreateChannelCommand({ name: 'story', type: 'BASIC', latencyMode: 'LOW', insecureIngest: true, ...input }));
  ivs.destroy();
  return {
    channel,
    streamKey,
    arn: channel.arn,
    id: channel.arn.split('/').pop(),
    key: streamKey.value,
    playbackUrl: channel.playbackUrl,
    rtmpUrl: `${server.rtmp}/app/${streamKey.value}`,
    rtmpsUrl: `${server.rtmps}/app/${streamKey.value}`,
    srtUrl: `srt://${channel.srt.endpoint}?streamid=${streamKey.value}`, // in clear
  };
}

export async function untilLive(channel, timeout = 15_000) {
  return until('the channel to play', () => fetchVariants(channel.playbackUrl), { timeout, interval: 100 });
}

export async function untilOffline(channel, timeout = 10_000) {
  return until('the channel to be off air', async () =>
    (await fetch(channel.playbackUrl)).status === 404, { timeout });
}

// The first variant's playlist once `accept(playlist)` likes it.
export async function untilPlaylist(url, what, accept, timeout = 20_000) {
  return until(what, async () => {
    const playlist = await fetchMedia(url);
    return accept(playlist) && playlist;
  }, { timeout, interval: 100 });
}

// null while nothing is on air.
export async function getStream(ivs, channel) {
  try {
    return (await ivs.send(new GetStreamCommand({ channelArn: channel.arn }))).stream;
  } catch (error) {
    if (error.name === 'ChannelNotBroadcasting') return null;
    throw error;
  }
}
