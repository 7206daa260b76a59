// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, and pages of another origin in it that play a stream: with hls.js, shaka-player,
// video.js, or alone.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { slow } from './wait.mjs';

const fileAt = (path) => fileURLToPath(new URL(path, import.meta.url));
const SCRIPTS = {
  '/hls.js': fileAt('../../../web/node_modules/hls.js/dist/hls.min.js'),
  '/shaka.js': fileAt('../node_modules/shaka-player/dist/shaka-player.compiled.js'),
  '/video.js': fileAt('../node_modules/video.js/dist/video.min.js'),
};

// Without these flags Chromium asks for hosts far away at every start.
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
];

const playerPage = (script) => `<!doctype html><title>Player</title>
<video id="video" crossorigin="anonymous" autoplay playsinline controls></video>
<script src="${script}"></script>`;

// "/hls.js" is the player, "/?hls.js" a page with it.
async function servePlayerPages() {
  const server = http.createServer((request, response) => {
    const script = SCRIPTS[request.url];
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? readFileSync(script) : playerPage(request.url.slice(2)));
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
    this.pages = await servePlayerPages();
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

  // A page of another origin than the stream's, with one of the players in SCRIPTS.
  async playerPage(player) {
    return this.page(`http://127.0.0.1:${this.pages.address().port}/?${player}`);
  }

  async hlsPage(url, config = {}) {
    const page = await this.playerPage('hls.js');
    await page.evaluate(({ url, config }) => {
      window.errors = [];
      window.hls = new window.Hls({ maxLiveSyncPlaybackRate: 1.5, ...config });
      window.hls.on(window.Hls.Events.ERROR, (_, data) => window.errors.push({ details: data.details, fatal: data.fatal }));
      window.hls.loadSource(url);
      window.hls.attachMedia(document.getElementById('video'));
    }, { url, config });
    return page;
  }

  async shakaPage(url) {
    const page = await this.playerPage('shaka.js');
    await page.evaluate(async (source) => {
      window.shaka.polyfill.installAll();
      window.errors = [];
      window.player = new window.shaka.Player();
      window.player.addEventListener('error', ({ detail }) => window.errors.push({ details: detail.code ?? detail.message, fatal: detail.severity === 2 }));
      await window.player.attach(document.getElementById('video'));
      await window.player.load(source);
    }, url);
    return page;
  }

  async videojsPage(url) {
    const page = await this.playerPage('video.js');
    await page.evaluate((src) => {
      window.errors = [];
      window.player = window.videojs('video');
      window.player.on('error', () => window.errors.push({ details: window.player.error().message, fatal: true }));
      window.player.src({ src, type: 'application/vnd.apple.mpegurl' });
    }, url);
    return page;
  }

  // A page whose <video> plays `url` by itself, as Safari does.
  async nativePage(url) {
    const page = await this.playerPage('hls.js');
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
