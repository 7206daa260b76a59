// SPDX-License-Identifier: Apache-2.0
// Runs the unit tests (meson, cmocka) and the customer stories (Node's test runner) of one build
// folder and ends with a line that counts both: test functions, not programs.
//
//   run-tests.mjs --build DIR [--unit] [--stories NAME...] [--slow FACTOR] [--jobs N]
//
// --unit: the unit tests; --stories: the stories named; neither: everything.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run } from 'node:test';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    build: { type: 'string', default: 'build' },
    unit: { type: 'boolean', default: false },
    stories: { type: 'boolean', default: false },
    slow: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
  },
});
const build = path.resolve(root, options.build);
const slow = Number(options.slow);

// cmocka says "ok 1 - name" per function; a program that ends badly without saying which function
// failed counts as one failure.
function countProgram({ name, stdout = '', result }) {
  const passed = stdout.match(/^ok \d+/gm)?.length ?? 0;
  const failed = stdout.match(/^not ok \d+.*$/gm) ?? [];
  if (result === 'SKIP') return { passed: 0, failed: 0 };
  if (result === 'OK') return { passed: passed || 1, failed: 0 };
  for (const line of failed) console.log(`FAILED ${name}: ${line}`);
  if (!failed.length) console.log(`FAILED ${name}: ended with ${result}`);
  return { passed, failed: failed.length || 1 };
}

function runUnitTests() {
  const meson = spawnSync(
    'meson',
    ['test', '-C', build, '--suite', 'unit', '--no-rebuild', '--print-errorlogs', '--quiet',
      '--num-processes', options.jobs, '--timeout-multiplier', String(slow)],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CMOCKA_MESSAGE_OUTPUT: 'TAP' } },
  );
  const log = path.join(build, 'meson-logs', 'testlog.json');
  const total = { passed: 0, failed: 0 };
  for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
    const { passed, failed } = countProgram(JSON.parse(line));
    total.passed += passed;
    total.failed += failed;
  }
  if (meson.status !== 0 && !total.failed) total.failed = 1;
  return total;
}

function storyFiles() {
  const folder = path.join(root, 'tests', 'e2e');
  return readdirSync(folder)
    .filter((name) => name.endsWith('_story.mjs'))
    .filter((name) => !options.stories || positionals.includes(name.replace('_story.mjs', '')))
    .sort()
    .map((name) => path.join(folder, name));
}

function printFailure(data) {
  const error = data.details.error;
  const cause = error?.cause ?? error;
  console.log(`FAILED ${data.name}`);
  console.log(String(cause?.stack ?? cause).replace(/^/gm, '    '));
}

async function runStories() {
  const total = { passed: 0, failed: 0 };
  const files = storyFiles();
  if (!files.length) return total;
  process.env.WEIR_BINARY = path.join(build, 'weir');
  process.env.WEIR_SLOW = String(slow);
  const events = run({ files, concurrency: Number(options.jobs), timeout: 300_000 * slow });
  for await (const { type, data } of events) {
    // The runner reports each file as a test around its tests: only the innermost count.
    const isFile = files.includes(data?.name) || files.some((file) => file.endsWith(data?.name));
    if (type === 'test:pass' && !isFile && !data.skip && data.details?.type !== 'suite') {
      total.passed += 1;
      const seconds = (data.details.duration_ms / 1000).toFixed(1);
      console.log(`ok ${data.name} (${seconds} s)`);
    } else if (type === 'test:fail' && data.details?.type !== 'suite') {
      if (isFile && data.details.error?.failureType === 'subtestsFailed') continue;
      total.failed += 1;
      printFailure(data);
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      process.stdout.write(data.message);
    }
  }
  return total;
}

const isAll = !options.unit && !options.stories;
const nothing = { passed: 0, failed: 0 };
const unit = isAll || options.unit ? runUnitTests() : nothing;
const stories = isAll || options.stories ? await runStories() : nothing;
const failed = unit.failed + stories.failed;
console.log(`${unit.passed + stories.passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
