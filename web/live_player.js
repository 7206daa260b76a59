// SPDX-License-Identifier: Apache-2.0
// Plays one channel for as long as the page is open: connects, keeps near the live edge, and comes
// back by itself when a broadcast ends and the next begins.
//
//   connecting --first picture--> live <--> stalled
//       ^                          |          |
//       '-- back-off -- offline <--'----------'      offline: not on air, refused, or unreachable

const RETRY_MS = [1000, 1000, 2000, 3000, 5000, 8000];
const BITRATE_WINDOW_S = 6;
const END_TOLERANCE_S = 1;
const UNSTICK_MS = 5000;

// A broadcast that pauses (its encoder reconnects) answers 503 until it goes on: worth waiting for.
// 404 means that it is over.
const playlistPolicy = {
  default: {
    maxTimeToFirstByteMs: 30_000,
    maxLoadTimeMs: 40_000,
    timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: {
      maxNumRetry: 60,
      retryDelayMs: 500,
      maxRetryDelayMs: 2000,
      shouldRetry: (retry, count, isTimeout, response) =>
        count < retry.maxNumRetry && response?.code !== 404 && response?.code !== 403,
    },
  },
};

const hlsConfig = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.5,
  backBufferLength: 20,
  playlistLoadPolicy: playlistPolicy,
};

function reasonOf(status) {
  if (status === 404) return 'off air';
  if (status === 403) return 'refused';
  if (status === 429) return 'full';
  return 'unreachable';
}

export class LivePlayer {
  // `onState(state, reason)`: state as drawn above; the reason comes with offline only.
  constructor(video, url, onState) {
    this.video = video;
    this.url = url;
    this.onState = onState;
    this.state = 'connecting';
    this.failures = 0;
    this.loaded = []; // [seconds of media, bytes], newest last
    video.addEventListener('playing', () => this.#enter('live'));
    video.addEventListener('waiting', () => this.#onWaiting());
    video.addEventListener('ended', () => this.#retry('off air'));
    video.addEventListener('error', () => !this.hls && this.video.error && this.#retry('unreachable'));
    video.addEventListener('loadeddata', () => video.play().catch(() => {})); // the play button stays
  }

  start() {
    this.#close();
    this.loaded = [];
    if (window.Hls?.isSupported()) this.#openHls();
    else this.#openNative();
  }

  jumpToLive() {
    const edge = this.hls?.liveSyncPosition ?? this.#seekableEnd();
    if (Number.isFinite(edge)) this.video.currentTime = edge;
    this.video.play().catch(() => {});
  }

  // Seconds between the camera's side of the server and the eye; NaN while unknown.
  latency() {
    const estimate = this.hls?.latency || NaN;
    const date = this.hls?.playingDate ?? this.#nativeDate();
    const byClock = date ? (Date.now() - date.getTime()) / 1000 : NaN;
    // The two clocks differ where this device's is wrong: then the playlist's own account counts.
    if (Number.isFinite(estimate) && !(Math.abs(byClock - estimate) < 5)) return estimate;
    return byClock;
  }

  bitrate() {
    const seconds = this.loaded.reduce((sum, [duration]) => sum + duration, 0);
    const bytes = this.loaded.reduce((sum, [, size]) => sum + size, 0);
    return seconds > 0.5 ? (8 * bytes) / seconds : NaN;
  }

  buffered() {
    const { buffered, currentTime } = this.video;
    for (let i = 0; i < buffered.length; i += 1)
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i))
        return buffered.end(i) - currentTime;
    return 0;
  }

  isAtEdge() {
    const latency = this.latency();
    return Number.isFinite(latency) && latency < (this.hls?.targetLatency ?? 6) + 2;
  }

  levels() {
    return this.hls?.levels ?? [];
  }

  selectLevel(index) {
    if (this.hls) this.hls.nextLevel = index;
  }

  #openHls() {
    const { Hls } = window;
    const hls = new Hls(hlsConfig);
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && this.#onFatal(data));
    hls.on(Hls.Events.LEVEL_UPDATED, () => this.state === 'stalled' && this.#onWaiting());
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag, part }) => this.#count(frag, part));
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
  }

  #openNative() {
    this.video.src = this.url;
    this.video.load();
  }

  #close() {
    clearTimeout(this.timer);
    this.hls?.destroy();
    this.hls = null;
  }

  // hls.js 1.7 may stop loading for good where it changes the level beside a gap.
  #unstick() {
    this.hls?.stopLoad();
    this.hls?.startLoad();
    this.unstickTimer = setTimeout(() => this.#unstick(), UNSTICK_MS);
  }

  #enter(state, reason) {
    if (state === 'live') this.failures = 0;
    clearTimeout(this.unstickTimer);
    if (state === 'stalled') this.unstickTimer = setTimeout(() => this.#unstick(), UNSTICK_MS);
    this.state = state;
    this.onState(state, reason);
  }

  #onWaiting() {
    if (this.#isAtEnd()) this.#retry('off air');
    else if (this.state === 'live') this.#enter('stalled');
  }

  // hls.js takes a broadcast whose sound ends before its picture for unfinished, and so never says
  // that it has ended.
  #isAtEnd() {
    const details = this.hls?.latestLevelDetails;
    return details?.live === false && this.video.currentTime > details.edge - END_TOLERANCE_S;
  }

  #onFatal({ type, response }) {
    const { MEDIA_ERROR } = window.Hls.ErrorTypes;
    if (type === MEDIA_ERROR && this.state === 'live') {
      this.hls.recoverMediaError();
      this.#enter('stalled');
    } else {
      this.#retry(reasonOf(response?.code));
    }
  }

  #retry(reason) {
    this.#close();
    this.#enter('offline', reason);
    const step = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    // Spread out, so that a thousand viewers do not come back in the same instant.
    this.timer = setTimeout(() => this.start(), step * (0.8 + 0.4 * Math.random()));
  }

  #count(frag, part) {
    if (frag.type !== 'main' || frag.sn === 'initSegment') return;
    const { duration, stats } = part ?? frag;
    this.loaded.push([duration, stats.loaded]);
    let seconds = this.loaded.reduce((sum, [duration]) => sum + duration, 0);
    while (seconds > BITRATE_WINDOW_S && this.loaded.length > 1) seconds -= this.loaded.shift()[0];
  }

  #seekableEnd() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) : NaN;
  }

  #nativeDate() {
    const start = this.video.getStartDate?.();
    if (!start || Number.isNaN(start.getTime())) return null;
    return new Date(start.getTime() + 1000 * this.video.currentTime);
  }
}
