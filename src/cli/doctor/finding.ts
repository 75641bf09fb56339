/** What the doctor says about one thing. */
import { messageOf } from '../../errors.ts';
import type { CliSettings } from '../settings.ts';

export interface Finding {
  /** `warn` lets a run succeed, `fail` does not. */
  status: 'ok' | 'warn' | 'fail';
  finding: string;
  /** What to do about it; null when nothing is wrong. */
  mend: string | null;
}

export type Check = (settings: CliSettings) => Promise<Finding>;

export function fine(finding: string): Finding {
  return { status: 'ok', finding, mend: null };
}

/** A check that throws has found something too. */
export async function examine(
  check: Check,
  { settings, mend }: { settings: CliSettings; mend: string },
): Promise<Finding> {
  try {
    return await check(settings);
  } catch (error) {
    return { status: 'fail', finding: messageOf(error), mend };
  }
}
