/** A comparison as workflow commands of GitHub Actions: what fails is an error, what is open a warning. */
import type { ComparisonRecord } from '../scoring/comparison-record.ts';
import { gateRows } from './comparison-words.ts';
import { clip, visible } from './visible.ts';

/** GitHub shows ten annotations a step and kind. */
const limit = 10;
const longestMessage = 1000;

/** One line each; none for a pass. */
export function comparisonAnnotations(record: ComparisonRecord): string[] {
  const reasons = record.reasons.map((reason) => ({
    level: 'error',
    what: 'invalid',
    text: reason,
  }));
  const gates = gateRows(record)
    .filter(({ gate }) => gate.verdict !== 'pass')
    .map(({ model, metric, gate }) => ({
      level: gate.verdict === 'regression' ? 'error' : 'warning',
      what: gate.verdict,
      text: `${model} ${metric}: ${gate.explanation}`,
    }));
  return [...reasons, ...gates]
    .slice(0, limit)
    .map(({ level, what, text }) => `::${level} title=topfive ${what}::${escapedData(text)}`);
}

/** The commands read `%`, carriage returns and line feeds as percent codes. */
const escapedData = (text: string) => clip(visible(text), longestMessage).replaceAll('%', '%25');
