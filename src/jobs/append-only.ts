/** Records that are only ever added to: numbered objects below a prefix, each written once. */
import type { z } from 'zod';
import type { Storage } from '../storage/storage.ts';
import { readStored } from './read-stored.ts';

const digits = 6;

/** In the order in which they were added. */
export async function readAll<T>(
  storage: Storage,
  { prefix, schema }: { prefix: string; schema: z.ZodType<T> },
): Promise<T[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return Promise.all(keys.map((key) => readStored(storage, { key, schema })));
}

/** Of several writers each gets a number of its own; nothing is overwritten. */
export async function append(
  storage: Storage,
  { prefix, record }: { prefix: string; record: object },
): Promise<void> {
  let number = 0;
  for await (const { key } of storage.list(prefix)) {
    number = Number(key.slice(prefix.length, prefix.length + digits));
  }
  const content = `${JSON.stringify(record, null, 2)}\n`;
  do number += 1;
  while (!(await storage.put(keyOf(prefix, number), content, { ifAbsent: true })));
}

function keyOf(prefix: string, number: number): string {
  return `${prefix}${String(number).padStart(digits, '0')}.json`;
}

/** A name that people chose, as one part of a key: no `/`, no part that is only dots. */
export function keyPart(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}
