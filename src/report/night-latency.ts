/** What a night says of its latency gates. */
import type { LatencyGate } from '../scoring/latency-gate.ts';
import type { Night } from '../scoring/night-record.ts';
import { someOf } from './comparison-models.ts';
import { counted } from './numbers.ts';

const cellsTold = 3;

/** The worst of the cells that have the verdict, for the morning's line. */
export function slowerWords(verdict: string, gates: readonly LatencyGate[]): string {
  const worst = [...gates].sort((a, b) => (b.ratio?.value ?? 0) - (a.ratio?.value ?? 0));
  const told = worst.slice(0, cellsTold).map(({ id, batch, ratio, limit }) => {
    return `${id} at batch ${batch} takes ${ratio?.value.toFixed(2)} times as long (limit ${limit})`;
  });
  const more = worst.length - told.length;
  const rest = more > 0 ? ` and ${counted(more, 'further cell')}` : '';
  const undecided = verdict === 'inconclusive' ? ', which the intervals leave open' : '';
  return `${told.join(', ')}${rest}${undecided}.`;
}

/** Cells that are not judged, by the reason. */
export function unjudgedWords(latency: readonly LatencyGate[]): string[] {
  const open = latency.filter(({ verdict }) => verdict === 'not-judged');
  const reasons = [...new Set(open.map(({ explanation }) => explanation))];
  return reasons.map((reason) => {
    const cells = open.filter(({ explanation }) => explanation === reason);
    const names = cells.map(({ id, precision, batch }) => `${id} (${precision}) at batch ${batch}`);
    return `Latency of ${someOf(names)}: ${reason}`;
  });
}

/** One row a cell of the latency measurement; empty where the night has no such gate. */
export function nightLatencyTable({ latency }: Pick<Night, 'latency'>): {
  head: string[];
  rows: string[][];
} {
  return {
    head: ['Model', 'Precision', 'Batch', 'Verdict', 'Ratio', 'Between', 'Limit'],
    rows: latency.map(({ id, precision, batch, verdict, ratio, limit }) => [
      id,
      precision,
      String(batch),
      verdict === 'not-judged' ? 'not judged' : verdict,
      ratio ? ratio.value.toFixed(3) : '-',
      ratio ? `${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}` : '-',
      String(limit),
    ]),
  };
}
