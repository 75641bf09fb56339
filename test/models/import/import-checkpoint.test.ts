/** Checkpoints of two narrow networks, as PyTorch and NumPy wrote them, against the logits that PyTorch computed. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Sized } from '../../../src/models/architectures/architecture.ts';
import { buildModel } from '../../../src/models/build.ts';
import { importCheckpoint } from '../../../src/models/import/import-checkpoint.ts';
import { openClassifier } from '../../../src/onnx/session.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/checkpoints');
const folder = await mkdtemp(join(tmpdir(), 'topfive-import-'));
after(() => rm(folder, { recursive: true }));

const narrow = {
  efficientnet: {
    architecture: {
      family: 'efficientnet',
      width: 0.1,
      depth: 0.6,
      squeezeExcite: true,
      padding: 'same',
    },
    side: 70,
    classes: 10,
  },
  resnext: {
    architecture: { family: 'resnext', blocks: [2, 1, 0, 0], groups: 4, widthPerGroup: 2 },
    side: 64,
    classes: 10,
  },
} satisfies Record<string, Sized>;

type Network = keyof typeof narrow;
const golden = JSON.parse(await readFile(join(fixtures, 'logits.json'), 'utf8')) as Record<
  Network,
  { side: number; logits: number[] }
>;

interface Case {
  network: Network;
  file: string;
  naming: string;
  format: string;
}

const cases: Case[] = [
  {
    network: 'efficientnet',
    file: 'efficientnet-timm.safetensors',
    naming: 'timm',
    format: 'safetensors',
  },
  {
    network: 'efficientnet',
    file: 'efficientnet-lukemelas.pth',
    naming: 'lukemelas',
    format: 'PyTorch',
  },
  {
    network: 'efficientnet',
    file: 'efficientnet-torchvision.pth',
    naming: 'torchvision with the prefix "module._orig_mod."',
    format: 'PyTorch',
  },
  {
    network: 'efficientnet',
    file: 'efficientnet-paddle.pdparams',
    naming: 'Paddle',
    format: 'Paddle',
  },
  {
    network: 'efficientnet',
    file: 'efficientnet-paddle-static.pdparams',
    naming: 'Paddle static',
    format: 'Paddle',
  },
  { network: 'resnext', file: 'resnext-torchvision.pth', naming: 'torchvision', format: 'PyTorch' },
  {
    network: 'resnext',
    file: 'resnext-fixres.pth',
    naming: 'torchvision with the prefix "module."',
    format: 'PyTorch before 1.6',
  },
  { network: 'resnext', file: 'resnext-paddle.pdparams', naming: 'Paddle', format: 'Paddle' },
];

/** One image, -1 to 1, from integers alone; make.py has the same. */
function imageOf(side: number): Float32Array {
  return Float32Array.from(
    { length: 3 * side * side },
    (_, index) => ((index * 37) % 201) / 100 - 1,
  );
}

for (const { network, file, naming, format } of cases) {
  test(`${file} bears the names of ${naming}, and its network gives PyTorch's logits`, async () => {
    const model = narrow[network];
    const path = join(folder, `${file}.onnx`);
    const checkpoint = await importCheckpoint(model, join(fixtures, file));
    assert.deepEqual([checkpoint.naming, checkpoint.format], [naming, format]);
    await buildModel(model, { path, weights: checkpoint.weights });
    await checkpoint.close();
    const session = await openClassifier(path, { threads: 1, device: 'cpu' });
    const logits = await session.run(imageOf(model.side), 1);
    await session.close();
    const expected = golden[network].logits;
    const largest = Math.max(...expected.map(Math.abs));
    for (const [index, value] of expected.entries()) {
      const error = Math.abs(logits[index] - value);
      assert.ok(error <= 1e-4 * largest, `logit ${index}: ${logits[index]} is not ${value}`);
    }
  });
}
