/** Which process a number means: a process id together with the time it started, so that a reused id is not mistaken. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isSystemError } from '../errors.ts';

export const identitySchema = z.object({
  pid: z.number().int().positive(),
  /** When it started, in whatever unit the system counts; only ever compared. */
  startTime: z.string(),
});
export type ProcessIdentity = z.infer<typeof identitySchema>;

export function thisProcess(): ProcessIdentity {
  const self = identifyProcess(process.pid);
  if (!self) throw new Error('this process cannot find itself');
  return self;
}

/** The identity of a living process; undefined when there is none, or only a zombie that nobody has reaped. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? linuxStart(pid) : otherStart(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return identifyProcess(pid)?.startTime === startTime;
}

/** Field 22 of /proc/PID/stat; fields are counted after the name, which may hold spaces (proc(5)). */
function linuxStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function otherStart(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

/** Resolves true once the process is gone, or false after `withinMs`. */
export async function waitForEnd(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
