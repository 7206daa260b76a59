// SPDX-License-Identifier: Apache-2.0
// ffmpeg as a customer's encoder: a moving picture and a tone in real time, or what is asked for.
import { Child } from './child.mjs';

const DEFAULTS = {
  size: '640x360',
  fps: 30,
  gop: 1, // seconds
  seconds: 120,
  bitrate: '600k',
  video: true,
  audio: true,
  audioDelay: 0, // seconds until the sound begins
  source: null, // lavfi graph instead of the test picture
  sound: 'sine=frequency=440:sample_rate=48000', // likewise
  filter: 'null',
  x264: 'scenecut=0',
  profile: 'main',
  bframes: 0,
  audioCodec: ['-c:a', 'aac', '-b:a', '96k'],
  before: [], // more options, in front of the codecs' ...
  after: [], // ... and in front of the output
};

const keyframes = ({ fps, gop }) => String(Math.round(fps * gop));

function videoOptions(s) {
  return [
    '-c:v', 'libx264', '-preset', 'superfast', '-profile:v', s.profile, '-pix_fmt', 'yuv420p',
    '-b:v', s.bitrate, '-g', keyframes(s), '-keyint_min', keyframes(s), '-bf', String(s.bframes), '-vf', s.filter,
    '-x264-params', s.x264,
  ];
}

export function encoderArguments(url, settings = {}) {
  const s = { ...DEFAULTS, ...settings };
  const picture = s.source ?? `testsrc2=s=${s.size}:r=${s.fps}`;
  return [
    '-hide_banner', '-nostdin', '-loglevel', 'info', '-nostats',
    ...(s.video ? ['-re', '-f', 'lavfi', '-i', picture] : []),
    ...(s.audio ? ['-re', '-itsoffset', String(s.audioDelay), '-f', 'lavfi', '-i', s.sound] : []),
    '-t', String(s.seconds), ...s.before,
    ...(s.video ? videoOptions(s) : []),
    ...(s.audio ? s.audioCodec : []),
    ...s.after, '-flush_packets', '1', '-f', url.startsWith('srt:') ? 'mpegts' : 'flv', url,
  ];
}

export function startEncoder(url, settings = {}) {
  return new Child('ffmpeg', encoderArguments(url, settings), {
    lifetimeMs: ((settings.seconds ?? DEFAULTS.seconds) + 20) * 1000,
  });
}
