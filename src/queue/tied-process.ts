/** Child processes that cannot outlive this one, however it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { identifyProcess, type ProcessIdentity, waitForEnd } from '../storage/process-identity.ts';

export interface TiedProcess {
  /** Undefined when it could not be started or ended at once. */
  readonly identity: ProcessIdentity | undefined;
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<void>;
  readonly running: boolean;
  /** The last lines that it wrote, for messages. */
  lastOutput(): string;
  /** Asks it to end and waits; after `withinMs` it is killed. */
  stop(withinMs?: number): Promise<void>;
}

export interface Command {
  file: string;
  args: string[];
  /** Written to its standard input, which is then closed. */
  input?: string;
  /** The signal that makes it end in good order. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /** User and group to run as; only root may set them. */
  user?: { uid: number; gid: number };
  /** Directories searched for `setpriv`. */
  path: string;
}

const outputKept = 4000;

/**
 * Starts a command in a session of its own, so that Ctrl-C in a terminal reaches this process only.
 *
 * On Linux the kernel sends it `stopSignal` when this process dies (`setpriv --pdeathsig`, util-linux). Elsewhere a shell
 * holds the other end of a pipe and sends the signal when the pipe breaks.
 */
export function spawnTied(command: Command): TiedProcess {
  const setpriv = findDeathSignaller(command.path);
  const signal = command.stopSignal.slice(3);
  const [file, args] = setpriv
    ? [setpriv, ['--pdeathsig', signal, command.file, ...command.args]]
    : [command.file, command.args];
  const child = spawn(file, args, { stdio: 'pipe', detached: true, ...command.user });
  const watchdog = setpriv || !child.pid ? undefined : spawnWatchdog(child.pid, signal);
  return followChild(child, { command, watchdog });
}

/** `setpriv`, where it knows the option: BusyBox has one that does not. */
function findDeathSignaller(path: string): string | undefined {
  const setpriv = findExecutable(['setpriv'], path);
  if (!setpriv) return undefined;
  const trial = spawnSync(setpriv, ['--pdeathsig', 'TERM', '/bin/sh', '-c', ':']);
  return trial.status === 0 ? setpriv : undefined;
}

function followChild(
  child: ChildProcess,
  { command, watchdog }: { command: Command; watchdog: ChildProcess | undefined },
): TiedProcess {
  let output = '';
  let running = true;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-outputKept);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.stdin?.on('error', () => {});
  child.stdin?.end(command.input ?? '');
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      running = false;
      watchdog?.kill('SIGKILL');
      resolve();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      keep(Buffer.from(error.message));
      end();
    });
  });
  letGo(child);
  const identity = child.pid ? identifyProcess(child.pid) : undefined;
  return {
    identity,
    ended,
    get running() {
      return running;
    },
    lastOutput: () => output.trim(),
    async stop(withinMs = 10_000) {
      if (!running) return;
      child.ref();
      child.kill(command.stopSignal);
      if (identity && !(await waitForEnd(identity, withinMs))) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Reads until this process is gone, then signals; it is killed as soon as the process that it watches has ended. */
function spawnWatchdog(pid: number, signal: string): ChildProcess {
  const script = `read -r _; kill -s ${signal} ${pid}`;
  const watchdog = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => {});
  letGo(watchdog);
  return watchdog;
}

/** A child must not keep this process alive once its own work is done. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}

/** The first of `names` that is an executable file in one of the directories of `path`. */
export function findExecutable(names: readonly string[], path: string): string | undefined {
  for (const directory of path.split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const file = join(directory, name);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
