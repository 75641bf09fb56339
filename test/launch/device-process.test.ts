import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { computingEnvironment } from '../../src/config.ts';
import { tryModelElsewhere } from '../../src/launch/device-process.ts';
import { requireCard } from '../../src/models/cards.ts';
import { writeTinyModel } from '../models/tiny-model.ts';

const folder = await mkdtemp(join(tmpdir(), 'topfive-elsewhere-'));
after(() => rm(folder, { recursive: true }));

const { recipe } = requireCard('EfficientNetB0');
const request = (path: string) => ({ path, recipe, normalisation: 'graph' as const });
const options = { env: computingEnvironment() };

test('a model that is tried in a process of its own tells what it gives and how long it takes', async () => {
  const path = join(folder, 'tiny.onnx');
  await writeTinyModel(path, { side: recipe.crop, classes: 7 });
  const trial = await tryModelElsewhere(request(path), options);
  assert.equal(trial.outputs, 7);
  assert.ok(trial.secondsPerImage > 0);
});

test('a model that is no model is refused in the same words as here', async () => {
  const path = join(folder, 'broken.onnx');
  await writeFile(path, 'no model');
  await assert.rejects(tryModelElsewhere(request(path), options), {
    kind: 'model',
    message: /broken\.onnx could not be loaded as an ONNX model/,
  });
});

test('a trial that is ended by the system is a model that cannot be evaluated here', async () => {
  const path = join(folder, 'tiny.onnx');
  await assert.rejects(
    tryModelElsewhere(request(path), { ...options, signal: AbortSignal.timeout(1) }),
    { kind: 'model', message: /could not be tried out: the process .* SIGKILL/ },
  );
});
