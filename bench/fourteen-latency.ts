/**
 * `topfive latency` for all fourteen models at batch 1, fp32, with seeded weights, on the CPU: the largest take seconds an
 * image and 7 GB of memory. npx tsx bench/fourteen-latency.ts [--models ID,ID] [--folder DIR] [--restarts 5] [--max-seconds 15]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildModel } from '../src/models/build.ts';
import { cards } from '../src/models/cards.ts';
import { latencyHead, latencyRows } from '../src/report/latency-rows.ts';
import { latencyRecordSchema } from '../src/scoring/latency-record.ts';

const { values: flags } = parseArgs({
  options: {
    models: { type: 'string' },
    /** Where models lie that were built before; those made here are deleted when they are measured. */
    folder: { type: 'string' },
    restarts: { type: 'string', default: '5' },
    'max-seconds': { type: 'string', default: '15' },
  },
});
const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'topfive-fourteen-'));

async function measure(id: string): Promise<string[][]> {
  const kept = resolve(flags.folder ?? work, `${id}.onnx`);
  const onnx = existsSync(kept) ? kept : join(work, 'model.onnx');
  if (onnx !== kept) await buildModel(id, { path: onnx, weights: { seed: 1 } });
  const spec = join(work, 'spec.json');
  const models = [{ id, onnx, card: id }];
  writeFileSync(spec, JSON.stringify({ version: 1, dataset: { uri: './none' }, models }));
  const record = join(work, 'latency.json');
  execFileSync(
    process.execPath,
    [
      ...[join(root, 'dist/cli/main.js'), 'latency', spec, '--batch', '1', '--precision', 'fp32'],
      ...['--device', 'cpu', '--restarts', flags.restarts, '--max-seconds', flags['max-seconds']],
      ...['--store', join(work, 'store'), '--out', work],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (onnx !== kept) for (const file of [onnx, `${onnx}.data`]) rmSync(file, { force: true });
  return latencyRows(latencyRecordSchema.parse(JSON.parse(readFileSync(record, 'utf8'))));
}

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

try {
  console.log(row(latencyHead));
  console.log(row(latencyHead.map(() => '---')));
  const ids = flags.models?.split(',') ?? cards.map(({ id }) => id);
  for (const id of ids) for (const cells of await measure(id)) console.log(row(cells));
} finally {
  rmSync(work, { recursive: true });
}
