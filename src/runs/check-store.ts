/** Whether a store takes what a run will write, asked before anything is computed. */
import { TopfiveError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

const probe = '.topfive-probe';

/** An `access` or `output` TopfiveError when the store cannot be reached or written. */
export async function checkStore(storage: Storage): Promise<void> {
  try {
    await storage.put(probe, '');
    // Those who may write need not be allowed to delete.
    await storage.delete(probe).catch(() => {});
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'storage') throw error;
    throw new TopfiveError('access', error.message, { cause: error });
  }
}
