/** Runs the real command as a child process, in a clean home and working directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
const loader = resolve(import.meta.dirname, '../tsx-threads.mjs');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Place {
  /** Working directory; `.topfive` in it is the store. */
  readonly directory: string;
  /** Runs `topfive` to its end. */
  topfive(...args: string[]): Promise<Ended>;
  /** Starts `topfive`, for tests that send signals. */
  start(...args: string[]): Started;
  remove(): void;
}

export interface Started {
  process: ChildProcess;
  /** Resolves once stderr has matched; rejects when the command ends before that. */
  told(pattern: RegExp): Promise<void>;
  ended: Promise<Ended>;
}

export function makePlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'topfive-cli-'));
  const start = (...args: string[]) => startIn(directory, args);
  return {
    directory,
    start,
    topfive: (...args) => start(...args).ended,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function startIn(directory: string, args: string[]): Started {
  const child = spawn(process.execPath, ['--import', loader, main, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const textOf = (stream: keyof typeof chunks) => Buffer.concat(chunks[stream]).toString();
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  const ended = new Promise<Ended>((settle, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      settle({ code, stdout: textOf('stdout'), stderr: textOf('stderr') }),
    );
  });
  return {
    process: child,
    ended,
    told: (pattern) =>
      new Promise((settle, reject) => {
        const look = () => {
          if (pattern.test(textOf('stderr'))) settle();
        };
        child.stderr.on('data', look);
        child.once('close', () => reject(new Error(`never told ${pattern}: ${textOf('stderr')}`)));
        look();
      }),
  };
}
