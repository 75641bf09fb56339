/** Runs the real command as a child process, in a clean home and working directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** The build when it is newer than its sources, or else the sources themselves. */
function commandLine(): string[] {
  const built = statSync(join(root, 'dist/spec.schema.json'), { throwIfNoEntry: false });
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((file) => statSync(join(root, 'src', file)).mtimeMs));
  return built && built.mtimeMs > newest
    ? [join(root, 'dist/cli/main.js')]
    : ['--import', join(root, 'test/tsx-threads.mjs'), join(root, 'src/cli/main.ts')];
}
const command = commandLine();

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

/** @param env added to the environment, which otherwise has only PATH, TMPDIR and a home of its own */
export function makePlace(env: Record<string, string> = {}): Place {
  const directory = mkdtempSync(join(tmpdir(), 'topfive-cli-'));
  const start = (...args: string[]) => startIn(directory, { args, env });
  return {
    directory,
    start,
    topfive: (...args) => start(...args).ended,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function startIn(
  directory: string,
  { args, env }: { args: string[]; env: Record<string, string> },
): Started {
  const { PATH, TMPDIR } = process.env;
  const child = spawn(process.execPath, [...command, ...args], {
    cwd: directory,
    env: { PATH, TMPDIR, HOME: directory, ...env },
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
  const told = (pattern: RegExp) =>
    new Promise<void>((settle, reject) => {
      const look = () => {
        if (pattern.test(textOf('stderr'))) settle();
      };
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`never told ${pattern}: ${textOf('stderr')}`)));
      look();
    });
  return { process: child, ended, told };
}
