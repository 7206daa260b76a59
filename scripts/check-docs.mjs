// SPDX-License-Identifier: Apache-2.0
// Every relative link of every Markdown file leads to a file, and its #anchor to a heading.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const withoutFences = (text) => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (m) => m.replace(/[^\n]/g, ''));

// As GitHub makes them.
function anchorsOf(file) {
  return withoutFences(readFileSync(file, 'utf8')).split('\n')
    .map((line) => line.match(/^#{1,6}\s+(.*?)\s*#*$/)?.[1])
    .filter(Boolean)
    .map((title) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-'));
}

function problemOf(file, link) {
  const [target, anchor] = link.split('#');
  const full = target ? path.join(path.dirname(file), decodeURIComponent(target)) : file;
  if (!existsSync(full)) return `no such file: ${link}`;
  if (anchor && full.endsWith('.md') && !anchorsOf(full).includes(anchor))
    return `no such heading: ${link}`;
  return null;
}

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'])
  .toString().split('\0').filter(Boolean);
let failed = false;
for (const file of files) {
  withoutFences(readFileSync(file, 'utf8')).split('\n').forEach((line, index) => {
    for (const [, link] of line.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)) {
      const problem = /^[a-z]+:/i.test(link) ? null : problemOf(file, link);
      if (!problem) continue;
      console.log(`${file}:${index + 1}: ${problem}`);
      failed = true;
    }
  });
}
process.exit(failed ? 1 : 0);
