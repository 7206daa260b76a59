// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, and a page of another origin in it that plays a stream, with hls.js or alone.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { slow } from './wait.mjs';

const HLS_JS = fileURLToPath(new URL('../../../web/node_modules/hls.js/dist/hls.min.js', import.meta.url));

// Without these flags Chromium asks for hosts far away at every start.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

const PLAYER_PAGE = `<!doctype html><title>Player</title>
<video id="video" crossorigin="anonymous" autoplay playsinline controls></video><script src="/hls.js"></script>`;

async function servePlayerPage() {
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/hls.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? readFileSync(HLS_JS) : PLAYER_PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export class Browser {
  log = '';

  async open({ flags = [] } = {}) {
    this.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: [...FLAGS, ...flags], timeout: 30_000 * slow,
    });
    this.pages = await servePlayerPage();
    return this;
  }

  async page(url, { viewport = { width: 1280, height: 800 }, ...context } = {}) {
    const { browser: _, ...settings } = { viewport, ...context };
    const page = await (await this.chromium.newContext(settings)).newPage();
    page.setDefaultTimeout(20_000 * slow);
    page.on('console', (message) => { this.log += `${message.type()}: ${message.text()}\n`; });
    page.on('pageerror', (error) => { this.log += `error: ${error.stack}\n`; });
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return page;
  }

  // A page of another origin that plays `url` with hls.js.
  async hlsPage(url, config = {}) {
    const page = await this.page(`http://127.0.0.1:${this.pages.address().port}/`);
    await page.evaluate(({ url, config }) => {
      window.errors = [];
      window.hls = new window.Hls({ maxLiveSyncPlaybackRate: 1.5, ...config });
      window.hls.on(window.Hls.Events.ERROR, (_, data) => window.errors.push({ details: data.details, fatal: data.fatal }));
      window.hls.loadSource(url);
      window.hls.attachMedia(document.getElementById('video'));
    }, { url, config });
    return page;
  }

  // A page of another origin whose <video> plays `url` by itself, as Safari does.
  async nativePage(url) {
    const page = await this.page(`http://127.0.0.1:${this.pages.address().port}/`);
    await page.evaluate((src) => { document.getElementById('video').src = src; }, url);
    return page;
  }

  async close() {
    this.pages?.closeAllConnections();
    this.pages?.close();
    await this.chromium?.close();
  }
}

export async function openBrowser(settings) {
  return new Browser().open(settings);
}

// Returns how many milliseconds after the page was opened the picture was there.
export async function untilPlaying(page, timeout = 15_000) {
  const handle = await page.waitForFunction(() => {
    const video = document.querySelector('video');
    const isPlaying = video.currentTime > 0 && !video.paused && video.readyState >= 3 && video.videoWidth > 0;
    return isPlaying && performance.now();
  }, null, { timeout: timeout * slow, polling: 20 });
  return handle.jsonValue();
}

// Looks and listens for `ms`: frames shown, how many differed from the one before, how far the
// media went, how loud the loudest moment was, and how long the picture stood still at most.
export async function observe(page, ms) {
  return page.evaluate(async (duration) => {
    const video = document.querySelector('video');
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const seen = { frames: 0, changes: 0, longestStill: 0, peak: 0, start: video.currentTime };
    let last = '';
    let lastFrameAt = performance.now();
    const onFrame = (now) => {
      seen.frames += 1;
      seen.longestStill = Math.max(seen.longestStill, now - lastFrameAt);
      lastFrameAt = now;
      context.drawImage(video, 0, 0, 64, 36);
      const picture = context.getImageData(0, 0, 64, 36).data.join();
      seen.changes += picture !== last;
      last = picture;
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);

    if (!window.analyser) {
      const audio = new AudioContext();
      window.analyser = audio.createAnalyser();
      audio.createMediaElementSource(video).connect(window.analyser);
      window.analyser.connect(audio.destination);
      await audio.resume();
    }
    const samples = new Float32Array(window.analyser.fftSize);
    const end = performance.now() + duration;
    while (performance.now() < end) {
      window.analyser.getFloatTimeDomainData(samples);
      seen.peak = Math.max(seen.peak, ...samples.map(Math.abs));
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    const quality = video.getVideoPlaybackQuality();
    return { ...seen, advanced: video.currentTime - seen.start, dropped: quality.droppedVideoFrames,
      width: video.videoWidth, height: video.videoHeight, rate: video.playbackRate };
  }, ms);
}
