/** Checks of the places that a run writes to: the store, and the queue's engine. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEngine } from '../../queue/engine.ts';
import { redactUrl } from '../../queue/url.ts';
import { openStorage } from '../../storage/open.ts';
import { type Check, fine } from './finding.ts';

/** Writes a file and takes it away again, with the directory if it was not there before. */
export const checkStore: Check = async ({ store }) => {
  const storage = openStorage(store);
  const directory = storage.uri.startsWith('file:') ? fileURLToPath(storage.uri) : undefined;
  const made = directory && (await mkdir(directory, { recursive: true }));
  try {
    const key = `doctor-${process.pid}`;
    await storage.put(key, 'can this be written?', { ifAbsent: true });
    await storage.delete(key);
  } finally {
    if (made) await rm(made, { recursive: true });
  }
  return fine(`${storage.uri} can be written${made ? ' (and would be made)' : ''}`);
};

/** A named queue is asked whether it will do; otherwise an engine is started, in a place of its own, and stopped. */
export const checkQueue: Check = async ({ queue, log }) => {
  const directory = await mkdtemp(join(tmpdir(), 'topfive-doctor-'));
  const started = performance.now();
  try {
    const engine = await openEngine({ queue, directory, own: true, log });
    const ms = Math.round(performance.now() - started);
    const embedded = engine.owned;
    await engine.close();
    return fine(
      embedded
        ? `an embedded ${engine.kind} starts in ${ms} ms`
        : `${redactUrl(engine.url)} answers and keeps what it is given`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
