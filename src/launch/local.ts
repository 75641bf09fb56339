/** Worker processes on this machine: they end with the run, with their parent, and are replaced when they are killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TopfiveError } from '../errors.ts';
import { commandLine } from './command-line.ts';
import type { Fleet, FleetOrder, Launcher } from './launcher.ts';

/** A fleet gives up after this many unexpected exits: above the queue's limit for one stalled shard. */
const replacements = 24;
/** How long a worker may take to stop by itself, in milliseconds. */
const graceMs = 10_000;

export interface LocalOptions {
  /** Environment of the workers. */
  env: NodeJS.ProcessEnv;
  /** Lines that workers write to stderr. */
  onLine: (line: string) => void;
}

export function localLauncher(options: LocalOptions): Launcher {
  return { start: async (order) => startFleet(order, options) };
}

function startFleet({ workers, args }: FleetOrder, options: LocalOptions): Fleet {
  const children = new Set<ChildProcess>();
  let stopping = false;
  let exits = 0;
  let giveUp: (error: Error) => void = () => {};
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    giveUp = reject;
  });
  done.catch(() => {});

  function start(): void {
    const child = startWorkerProcess(args, options);
    children.add(child);
    child.once('exit', (code, signal) => {
      children.delete(child);
      if (stopping) return;
      if (code === 0) {
        if (children.size === 0) finish();
        return;
      }
      exits += 1;
      const how = signal ?? `exit code ${code}`;
      if (exits > replacements) {
        giveUp(
          new TopfiveError(
            'failed',
            `workers ended ${exits} times, the last with ${how}; see their messages above`,
          ),
        );
        return;
      }
      options.onLine(`worker ${child.pid} ended with ${how}; another takes its place`);
      start();
    });
  }
  for (let index = 0; index < workers; index += 1) start();

  const stop = async () => {
    stopping = true;
    await Promise.all([...children].map(stopWorkerProcess));
    finish();
  };
  return { done, stop, release: stop };
}

function startWorkerProcess(args: string[], { env, onLine }: LocalOptions): ChildProcess {
  const child = fork(commandLine(), ['worker', ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onLine);
  return child;
}

async function stopWorkerProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await exited;
  clearTimeout(timer);
}
