// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import path from 'node:path';

import { runCommand } from '../tests/e2e/support/child.mjs';
import { Postgres } from '../tests/e2e/support/postgres.mjs';
import { makeDataDir } from '../tests/e2e/support/server.mjs';
import { finish, row } from './support/figures.mjs';

const program = path.join(process.env.WEIR_BUILD, 'bench', 'store_bench');
const count = (value) => Math.round(value).toLocaleString('en-US');

// The lines "what name=value ..." that the program prints, by their first words.
function parse(text) {
  const figures = {};
  for (const line of text.trim().split('\n')) {
    const words = line.split(' ');
    const values = Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => word.split('=')));
    const name = words.filter((word) => !word.includes('=')).join(' ');
    figures[values.threads ? `${name} ${values.threads}` : name] = values;
  }
  return figures;
}

async function measure(channels, url) {
  const folder = makeDataDir();
  const { code, stdout, stderr } = await runCommand(program, [folder, String(channels), ...(url ? [url] : [])], { timeout: 600_000 });
  rmSync(folder, { recursive: true });
  if (code) throw new Error(`store_bench: ${stderr}`);
  return parse(stdout);
}

function report(store, channels, figures) {
  const alone = figures['create 1'];
  const many = figures['create 64'];
  const list = figures.list.ms_per_page;
  row(`${store}: durable creates, 64 threads`, `${count(many.per_s)}/s, p50 ${(many.p50_us / 1000).toFixed(1)} ms, p99 ${(many.p99_us / 1000).toFixed(1)} ms`);
  row(`${store}: durable creates, 1 thread`, `${count(alone.per_s)}/s, p50 ${(alone.p50_us / 1000).toFixed(1)} ms`);
  row(`${store}: CPU time of a create`, `${many.cpu_us} us`);
  row(`${store}: reads by ARN per CPU-second`, count(figures['read by_arn'].per_cpu_s));
  row(`${store}: reads by stream key per CPU-second`, count(figures['read by_stream_key'].per_cpu_s));
  row(`${store}: a page of 100 out of 20,000`, `${list} ms`, '5 ms of CPU', list <= 5);
  row(`${store}: memory for ${count(channels)} channels`, `${(figures.memory.grown_kb / 1024).toFixed(1)} MB`);
}

report('SQLite', 100_000, await measure(100_000));
const postgres = await new Postgres().create();
try {
  report('PostgreSQL', 20_000, await measure(20_000, postgres.url));
} finally {
  await postgres.destroy();
}
finish();
