/** A command, its time, and the memory of all its processes, sampled from Linux's /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

export interface Watched {
  seconds: number;
  /** Most bytes that all its processes held at one time; pages that they share count once. */
  together: number;
  /** Most bytes that one of its processes ever held. */
  largest: number;
  stdout: string;
}

/** Often enough for models that take seconds to open. */
const sampleMs = 200;

/** @throws Error with what it wrote to stderr when the command fails */
export async function runWatched(args: readonly string[], cwd: string): Promise<Watched> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (text: Buffer) => {
      written[name] += text;
    });
  }
  const memory = watchMemory(child);
  const [code] = await once(child, 'close');
  const peaks = memory.stop();
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${written.stderr}`);
  return { seconds: (performance.now() - started) / 1000, ...peaks, stdout: written.stdout };
}

function watchMemory({ pid }: ChildProcess) {
  const peaks = { together: 0, largest: 0 };
  const timer = setInterval(() => {
    const family = descendants(pid!);
    const sum = family.reduce((total, each) => total + kilobytes(`${each}/smaps_rollup`, 'Pss'), 0);
    peaks.together = Math.max(peaks.together, 1024 * sum);
    const highest = Math.max(...family.map((each) => kilobytes(`${each}/status`, 'VmHWM')));
    peaks.largest = Math.max(peaks.largest, 1024 * highest);
  }, sampleMs);
  return {
    stop() {
      clearInterval(timer);
      return peaks;
    },
  };
}

/** A process and all that came of it. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const after = read(`${entry}/stat`).split(') ')[1];
    if (after) parents.set(Number(entry), Number(after.split(' ')[1]));
  }
  const found = [root];
  for (const process of found) {
    found.push(...[...parents].filter(([, parent]) => parent === process).map(([pid]) => pid));
  }
  return found;
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(read(file))?.[1] ?? 0);
}

/** Empty for a process that is gone. */
function read(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return '';
  }
}
