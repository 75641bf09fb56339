import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gatherChanges, modelChanges, runChanges } from '../../src/scoring/changes.ts';
import type { ModelResult } from '../../src/scoring/run-record.ts';
import { smallRecord } from '../report/record-fixture.ts';

const [model] = smallRecord().models;

/** The model with other conditions. */
const under = (conditions: object): ModelResult => ({
  ...model,
  conditions: { ...model.conditions, ...conditions },
});

test('equal models have not changed, and neither have equal runs', () => {
  assert.deepEqual(modelChanges(model, structuredClone(model)), []);
  assert.deepEqual(runChanges(smallRecord(), smallRecord()), []);
});

test('what a run took, where it lies and what came out are no changes', () => {
  const record = smallRecord();
  const other = structuredClone(record);
  other.timings.wallSeconds += 1;
  other.finishedAt = '2027-01-01T00:00:00.000Z';
  other.environment.workers[0].records += 1;
  other.models[0].accuracy.top1.correct -= 1;
  assert.deepEqual(runChanges(record, other), []);
  assert.deepEqual(modelChanges(record.models[0], other.models[0]), []);
});

test('a condition that nobody has thought of yet is compared by itself', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer()));
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), value, value, (name, before, after) => {
      fc.pre(!(name in model.conditions) && name !== 'classes' && name !== '__proto__');
      fc.pre(JSON.stringify(before) !== JSON.stringify(after));
      const [change, ...rest] = modelChanges(under({ [name]: before }), under({ [name]: after }));
      assert.deepEqual([change.what, rest], [name, []]);
      const [added] = modelChanges(model, under({ [name]: after }));
      assert.equal(added.baseline, null);
    }),
  );
});

test('weights are told by their digest and shown with their name; a recipe by its fields', () => {
  const renamed = { ...model, artifact: { ...model.artifact, name: 'other.onnx' } };
  assert.deepEqual(modelChanges(model, renamed), []);
  const sha256 = 'f'.repeat(64);
  const trained = { ...renamed, artifact: { ...renamed.artifact, sha256 } };
  const [{ what, candidate, models }] = modelChanges(model, trained);
  assert.deepEqual([what, candidate], ['artifact', `other.onnx, SHA-256 ${sha256}`]);
  assert.deepEqual(models, [{ id: model.id, precision: model.precision }]);
  const recipe = { ...model.recipe, digest: sha256, kernel: 'linear', mean: [0, 0, 0] };
  const fields = modelChanges(model, { ...model, recipe }).map((change) => change.what);
  assert.deepEqual(fields, ['recipe.kernel', 'recipe.mean']);
});

test('machines are told by what all of them were, whatever their order', () => {
  const record = smallRecord();
  const other = structuredClone(record);
  other.environment.workers.reverse();
  assert.deepEqual(runChanges(record, other), []);
  other.environment.workers[0].device = 'another';
  const [{ what, baseline, candidate }] = runChanges(record, other);
  assert.equal(what, 'device');
  assert.ok(!baseline?.includes('another') && candidate?.includes('another'));
});

test('a change of all models is told once, and not again for the run; weights before hosts', () => {
  const record = smallRecord();
  const other = structuredClone(record);
  other.environment.runtime = 'onnxruntime-node 1.31.0';
  for (const one of other.models) {
    one.conditions.runtime = 'onnxruntime-node 1.31.0';
  }
  other.models[1].artifact.sha256 = 'f'.repeat(64);
  other.environment.workers[0].host = 'elm';
  const ofModels = record.models.flatMap((one, index) => modelChanges(one, other.models[index]));
  const gathered = gatherChanges(ofModels, runChanges(record, other));
  assert.deepEqual(
    gathered.map(({ what, models }) => [what, models.length]),
    [
      ['artifact', 1],
      ['runtime', record.models.length],
      ['host', 0],
    ],
  );
});
