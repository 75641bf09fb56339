/** Cards whose files are small, from their graphs to the report; bench/fourteen.ts does it with all of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { requireCard } from '../../src/models/cards.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
after(() => place.remove());

const ids = ['EfficientNetB0', 'EfficientNetB0_small'];
const images = 3;

test('cards built from a seed run together on a few images, and stand in the report with their figures', async () => {
  for (const id of ids) {
    const built = await place.topfive('models', 'build', id, '--seed', '1', '--out', `${id}.onnx`);
    assert.equal(built.code, 0, built.stderr);
  }
  await place.topfive('dataset', 'synth', '--out', 'set', '--images', String(images));
  const models = ids.flatMap((id) => ['--model', `${id}=${id}.onnx`]);
  const dataset = ['--dataset', 'set/val', '--labels', 'set/val_list.txt'];
  const run = await place.topfive('run', ...dataset, ...models, '--out', 'out', '--json');
  assert.equal(run.code, 0, run.stderr);
  const record = JSON.parse(run.stdout);
  assert.equal(record.status, 'complete');
  const params = [5288548, 4652008];
  for (const [index, id] of ids.entries()) {
    const { id: shown, accuracy, recipe, published, cost } = record.models[index];
    assert.equal(shown, id);
    assert.deepEqual([accuracy.expected, accuracy.scored], [images, images]);
    assert.equal(recipe.crop, requireCard(id).recipe.crop);
    assert.equal(published.top1, requireCard(id).published.top1);
    assert.equal(cost.params, params[index]);
  }
  const report = readFileSync(join(place.directory, 'out', 'report.md'), 'utf8');
  for (const id of ids) assert.match(report, new RegExp(`\\| ${id} +\\|`));
});
