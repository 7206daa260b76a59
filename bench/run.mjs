// SPDX-License-Identifier: Apache-2.0
// Runs the benchmarks of this folder (its executable files without ending), one after the other,
// and ends with a table of all figures.
//
//   run.mjs --build DIR [NAME...]
//
// A benchmark finds the build folder in WEIR_BUILD and prints a row per figure,
// "| what | figure | target |"; whatever else it prints is shown but not kept. A status other than
// 0 says that a target was missed or that it broke.
import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = path.dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { build: { type: 'string', default: 'build-bench' } } });
const build = path.resolve(folder, '..', values.build);

function isBenchmark(name) {
  if (name.includes('.')) return false;
  try {
    accessSync(path.join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(name) {
  console.log(`\n## ${name}\n`);
  return new Promise((resolve) => {
    const child = spawn(path.join(folder, name), [], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, WEIR_BUILD: build, WEIR_BINARY: path.join(build, 'weir') },
    });
    let output = '';
    child.stdout.on('data', (data) => { output += data; process.stdout.write(data); });
    child.on('close', (code) => resolve({ name, code, rows: output.split('\n').filter((line) => /^\|.*\|$/.test(line)) }));
  });
}

const names = readdirSync(folder).filter(isBenchmark).filter((name) => !positionals.length || positionals.includes(name));
const results = [];
for (const name of names) results.push(await run(name));

console.log('\n| benchmark | what | figure | target |\n|---|---|---|---|');
for (const { name, rows } of results) for (const row of rows) console.log(`| ${name} ${row}`);
const failed = results.filter(({ code }) => code !== 0).map(({ name }) => name);
if (failed.length) console.log(`\nmissed or broken: ${failed.join(', ')}`);
process.exit(failed.length ? 1 : 0);
