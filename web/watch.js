// SPDX-License-Identifier: Apache-2.0
// The watch page: what the buttons, keys and measurements around the picture do.
import { LivePlayer } from '/web/live_player.js';

const $ = (id) => document.getElementById(id);
const video = $('video');
const stage = $('stage');
const playbackUrl = new URL(
  document.querySelector('meta[name="playback-url"]').content + location.search, location.href).href;
const channelId = location.pathname.split('/').pop();

const NOTICES = {
  connecting: ['Connecting', ''],
  stalled: ['One moment', 'The broadcast has paused.'],
  'off air': ['Not on air', 'The picture appears here as soon as the broadcast begins.'],
  refused: ['Not allowed', 'This channel needs a valid playback token.'],
  full: ['Channel full', 'Trying again until there is room.'],
  unreachable: ['No connection', 'Trying again.'],
};
const STATE_NAMES = { connecting: 'Connecting', live: 'Live', stalled: 'Paused', offline: 'Offline' };

const player = new LivePlayer(video, playbackUrl, showState);

function showState(state, reason) {
  stage.dataset.state = state;
  $('state').dataset.state = state;
  $('state').textContent = STATE_NAMES[state];
  document.title = `${state === 'live' ? '● Live' : STATE_NAMES[state]} · ${channelId} · Weir`;
  const notice = NOTICES[reason ?? state];
  if (notice) [$('notice-title').textContent, $('notice-text').textContent] = notice;
  $('unmute').hidden = !(state === 'live' && video.muted);
  $('live').disabled = state !== 'live' && state !== 'stalled';
  showQualities();
}

// -- Buttons --

function togglePlay() {
  if (video.paused) player.jumpToLive();
  else video.pause();
}

function setMuted(muted) {
  video.muted = muted;
  if (!muted && video.volume === 0) video.volume = 1;
}

function setVolume(volume) {
  video.volume = Math.min(1, Math.max(0, volume));
  video.muted = video.volume === 0;
}

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen();
  else video.webkitEnterFullscreen?.(); // iPhone: the video alone
}

function showButtons() {
  $('play').dataset.paused = video.paused ? 'yes' : 'no';
  $('play').ariaLabel = video.paused ? 'Play' : 'Pause';
  $('mute').dataset.muted = video.muted ? 'yes' : 'no';
  $('mute').ariaLabel = video.muted ? 'Unmute' : 'Mute';
  $('volume').value = video.muted ? 0 : video.volume;
  if (!video.muted) $('unmute').hidden = true;
}

// As IVS names renditions: "720p", "720p60"; portrait goes by its short edge, too.
function nameOf({ width, height, frameRate, bitrate }) {
  if (!height) return `${Math.round(bitrate / 1000)} kb/s`;
  return `${Math.min(width, height)}p${frameRate > 30.5 ? Math.round(frameRate) : ''}`;
}

function showQualities() {
  const levels = player.levels();
  const names = levels.map(nameOf);
  const text = names.join();
  if ($('quality').dataset.names === text) return;
  $('quality').dataset.names = text;
  $('quality').replaceChildren(new Option('Auto', -1), ...names.map((name, i) => new Option(name, i)));
  $('quality-label').hidden = levels.length < 2;
}

$('play').onclick = togglePlay;
$('mute').onclick = () => setMuted(!video.muted);
$('unmute').onclick = () => setMuted(false);
$('volume').oninput = (event) => setVolume(Number(event.target.value));
$('live').onclick = () => player.jumpToLive();
$('fullscreen').onclick = toggleFullscreen;
$('quality').onchange = (event) => player.selectLevel(Number(event.target.value));
for (const event of ['play', 'pause', 'volumechange']) video.addEventListener(event, showButtons);

// -- Keys: as on every other player --

const KEYS = {
  ' ': togglePlay, k: togglePlay,
  m: () => setMuted(!video.muted),
  f: toggleFullscreen,
  l: () => player.jumpToLive(),
  ArrowUp: () => setVolume(video.volume + 0.1),
  ArrowDown: () => setVolume(video.volume - 0.1),
};

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.matches('input, select');
  const isPressing = event.key === ' ' && event.target.matches('button');
  if (isTyping || isPressing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  showControls();
  action();
});

// -- Controls fade while nobody touches them --

let fading;
function showControls() {
  stage.dataset.controls = 'on';
  clearTimeout(fading);
  fading = setTimeout(() => { if (!video.paused) stage.dataset.controls = 'off'; }, 3000);
}
for (const event of ['pointermove', 'pointerdown', 'focusin']) stage.addEventListener(event, showControls);
video.addEventListener('click', (event) => event.pointerType !== 'touch' && togglePlay());
video.addEventListener('dblclick', toggleFullscreen);

// -- Measurements --

const seconds = (value) => (Number.isFinite(value) ? `${value.toFixed(1)} s` : '–');

function bitrateText(bps) {
  if (!Number.isFinite(bps)) return '–';
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mb/s` : `${Math.round(bps / 1000)} kb/s`;
}

function showFacts() {
  const isOn = player.state === 'live' || player.state === 'stalled';
  const quality = video.getVideoPlaybackQuality?.();
  $('latency').textContent = isOn ? seconds(player.latency()) : '–';
  $('resolution').textContent = isOn && video.videoWidth ? `${video.videoWidth} × ${video.videoHeight}` : '–';
  $('bitrate').textContent = isOn ? bitrateText(player.bitrate()) : '–';
  $('dropped').textContent = isOn && quality ? `${quality.droppedVideoFrames} of ${quality.totalVideoFrames}` : '–';
  $('buffer').textContent = isOn ? seconds(player.buffered()) : '–';
  $('live').toggleAttribute('data-at-edge', player.state === 'live' && !video.paused && player.isAtEdge());
}

$('channel').textContent = channelId;
$('url').value = playbackUrl;
$('url').onfocus = (event) => event.target.select();
$('copy').onclick = async () => {
  $('url').select();
  await navigator.clipboard?.writeText(playbackUrl).catch(() => {});
  $('copy').textContent = 'Copied';
};

showButtons();
showControls();
setInterval(showFacts, 500);
player.start();
