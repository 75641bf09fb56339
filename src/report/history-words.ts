/** What a model's history says: the level it is on, and since when and why it fell. */
import type { Fall } from '../scoring/history-entry.ts';
import { changeSentence } from './change-words.ts';
import { counted, grouped, instant } from './numbers.ts';

const changesTold = 4;

/** One or two sentences. */
export function fallWords({ first, before, from, to, nights, changes }: Fall): string {
  const lost = from - to;
  const points = ((100 * lost) / first.images).toFixed(2);
  const told = changes.slice(0, changesTold).map(changeSentence).join('; ');
  const more = changes.length > changesTold ? `; and ${changes.length - changesTold} more` : '';
  const cause =
    changes.length === 0
      ? `Nothing that is recorded changed between it and run ${before.runId}.`
      : `Changed since run ${before.runId}: ${told}${more}.`;
  return `Top-1 fell by about ${grouped(Math.round(lost))} images (${points} points) on the night of ${instant(first.at)} (run ${first.runId}) and has stayed there for ${counted(nights, 'night')}. ${cause}`;
}
