/** Looks at and kills the processes of a run, as /proc shows them. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Seen {
  pid: number;
  parent: number;
  command: string;
}

/** All processes of the machine. */
export function listProcesses(): Seen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent), command }];
      } catch {
        return [];
      }
    });
}

export function childrenOf(parent: number): Seen[] {
  return listProcesses().filter((seen) => seen.parent === parent);
}

/** Resolves with the first value of `look` that is not undefined; fails after `withinMs`. */
export async function eventually<T>(
  what: string,
  {
    look,
    withinMs = 60_000,
  }: { look: () => T | undefined | Promise<T | undefined>; withinMs?: number },
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await sleep(20);
  }
}
