/** A detached process that owns the queue's engine, drives one run to its end and exits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { commandLine } from './command-line.ts';

export interface SupervisorOptions {
  /** Arguments of `topfive resume` after the run's id. */
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Takes everything that the supervisor writes. */
  logFile: string;
}

/** Resolves once the process has started; it outlives this one. */
export async function launchSupervisor(
  runId: string,
  { args, env, logFile }: SupervisorOptions,
): Promise<void> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  try {
    const command = [...process.execArgv, commandLine(), 'resume', runId, ...args];
    const child = spawn(process.execPath, command, {
      env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await once(child, 'spawn');
    child.unref();
  } finally {
    closeSync(log);
  }
}
