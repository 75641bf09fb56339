/** Writing a key that nobody has written: by the server's own condition where it has one, else checked by reading back. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readEnvironment } from '../config.ts';
import { createLogger } from '../log.ts';
import { nameOf, statusOf } from './s3-errors.ts';

export interface AbsentWrite {
  bucket: string;
  /** Bucket and server, for a person. */
  where: string;
  /** Writes the object, signed by its writer. */
  put: (writer: string, condition?: Condition) => Promise<void>;
  /** Writes an object of the storage's own. */
  probe: (condition: Condition) => Promise<void>;
  /** The writer of the object as it is now; undefined when there is none. */
  head: () => Promise<{ writer: string | undefined } | undefined>;
}

type Condition = { IfNoneMatch: '*' };
const condition: Condition = { IfNoneMatch: '*' };

/** Whether the server keeps the condition, by bucket; asked once a thread. */
const answers = new Map<string, Promise<boolean>>();

/** False when another writer was first. */
export async function putIfAbsent(write: AbsentWrite): Promise<boolean> {
  const answer = answers.get(write.bucket) ?? keepsCondition(write);
  answers.set(write.bucket, answer);
  answer.catch(() => answers.delete(write.bucket));
  return (await answer) ? putOnCondition(write) : putAndCheck(write);
}

/** A 412 after an answer that was lost may come from our own first try, so the writer decides. */
async function putOnCondition({ put, head }: AbsentWrite): Promise<boolean> {
  const writer = randomUUID();
  try {
    await put(writer, condition);
    return true;
  } catch (error) {
    if (!isPrecondition(error)) throw error;
    return (await head())?.writer === writer;
  }
}

/** The least time after which others that saw no object have written theirs, in milliseconds. */
const settleMs = 250;

/** Of writers that all saw no object the last one stands, and each of them waits until that has shown. */
async function putAndCheck({ put, head }: AbsentWrite): Promise<boolean> {
  const writer = randomUUID();
  const started = performance.now();
  if ((await head()) !== undefined) return false;
  await put(writer);
  await pause(Math.max(settleMs, 4 * (performance.now() - started)));
  return (await head())?.writer === writer;
}

/** The second of two writes of one key is refused by a server that keeps the condition. */
async function keepsCondition({ probe, where }: AbsentWrite): Promise<boolean> {
  for (let tries = 0; tries < 2; tries += 1) {
    try {
      await probe(condition);
    } catch (error) {
      if (isPrecondition(error)) return true;
      if (!isUnknown(error)) throw error;
      break;
    }
  }
  createLogger(readEnvironment().logLevel).warn(
    `${where} has no conditional writes, so commits are checked by reading back, which takes longer and trusts its clock of requests`,
  );
  return false;
}

function isPrecondition(error: unknown): boolean {
  return error instanceof Error && statusOf(error.cause) === 412;
}

/** Servers that do not know the header at all. */
function isUnknown(error: unknown): boolean {
  return (
    error instanceof Error &&
    (statusOf(error.cause) === 501 || nameOf(error.cause) === 'NotImplemented')
  );
}
