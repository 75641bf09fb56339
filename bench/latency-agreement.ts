/**
 * Two `topfive latency` measurements of one model agree, and a busy machine is reported as unstable.
 * npx tsx bench/latency-agreement.ts [--restarts 5]
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModel } from '../src/models/build.ts';
import { quotedText } from '../src/report/latency-rows.ts';
import { latencyRecordSchema, type Measured } from '../src/scoring/latency-record.ts';
import { differenceInterval } from '../src/scoring/restarts.ts';

const { values } = parseArgs({ options: { restarts: { type: 'string', default: '5' } } });
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'topfive-agreement-'));

/** One cell: EfficientNet-B0 with seeded weights, fp32, batch 1. */
function measure(name: string): Measured {
  const out = join(folder, name);
  execFileSync(
    process.execPath,
    [
      ...[join(root, 'dist/cli/main.js'), 'latency', join(folder, 'spec.yaml'), '--batch', '1'],
      ...['--restarts', values.restarts, '--max-seconds', '10', '--device', 'cpu'],
      ...['--store', join(folder, 'store'), '--out', out],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const record = latencyRecordSchema.parse(
    JSON.parse(readFileSync(join(out, 'latency.json'), 'utf8')),
  );
  const { measured } = record.cells[0];
  if (!measured) throw new Error(record.cells[0].reason ?? 'nothing was measured');
  return measured;
}

const meansOf = ({ restarts }: Measured) =>
  restarts.map(({ histogram: { sum, count } }) => sum / count / 1e6);

function tell(name: string, { mean, stability }: Measured): void {
  const words = stability.stable ? 'stable' : `unstable: ${stability.reasons.join('; ')}`;
  console.log(`${name}: ${quotedText(mean)} ms, ${words}`);
}

try {
  await buildModel('EfficientNetB0', { path: join(folder, 'b0.onnx'), weights: { seed: 1 } });
  writeFileSync(
    join(folder, 'spec.yaml'),
    'version: 1\ndataset: { uri: ./none }\nmodels: [{ id: b0, onnx: ./b0.onnx, card: EfficientNetB0 }]\n',
  );
  const [first, second] = ['first', 'second'].map(measure);
  tell('first', first);
  tell('second', second);
  const { low, high } = differenceInterval(meansOf(first), meansOf(second));
  const verdict = low <= 0 && high >= 0 ? 'they agree' : 'they do not agree';
  console.log(`difference: ${low.toFixed(3)} to ${high.toFixed(3)} ms at 95%: ${verdict}`);
  const loads = Array.from({ length: Math.max(1, availableParallelism() - 1) }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    tell('with the other cores loaded', measure('loaded'));
  } finally {
    for (const load of loads) load.kill();
  }
} finally {
  rmSync(folder, { recursive: true });
}
