// SPDX-License-Identifier: Apache-2.0
// What the benchmarks share: medians, CPU time, rows of the table.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

export const sorted = (values) => [...values].sort((a, b) => a - b);
export const quantile = (values, q) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * q))];
export const median = (values) => quantile(values, 0.5);

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']));

// User and system time of a process so far, in seconds.
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

// On-CPU time of all threads of a process that still run, in seconds, to the nanosecond.
export function cpuSecondsExact(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, tid) => sum + Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

// User and system time of a process and its children, those it has waited for included, in seconds.
export function cpuSecondsWithChildren(pid) {
  const stats = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      return [{ pid: Number(name), fields: readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ').map(Number) }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  const sum = (fields, from, to) => fields.slice(from, to).reduce((a, b) => a + b, 0);
  return stats.reduce((total, { pid: id, fields }) =>
    total + (id === pid ? sum(fields, 11, 15) : fields[1] === pid ? sum(fields, 11, 13) : 0), 0) / ticksPerSecond;
}

export function residentMegabytes(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;
}

let missed = false;

// `isMet`: undefined for what is reported without a target.
export function row(what, figure, target = '', isMet = undefined) {
  if (isMet === false) missed = true;
  console.log(`| ${what} | ${figure} | ${target}${isMet === false ? ' (missed)' : ''} |`);
}

export function finish() {
  process.exit(missed ? 1 : 0);
}
