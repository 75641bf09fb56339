import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { costOf } from '../../src/onnx/cost.ts';
import { readOnnx } from '../../src/onnx/read.ts';

const folder = join(import.meta.dirname, '../fixtures/graphs');
const parameters: Record<string, number> = JSON.parse(
  readFileSync(join(folder, 'parameters.json'), 'utf8'),
);

/** Side; 10⁹ multiply-accumulates as torchvision's table of models prints them; 10⁶ activations as timm's does. */
const published: Record<string, [side: number, gigamacs: string, activations: string]> = {
  convnext_tiny: [224, '4.46', '13.44'],
  densenet121: [224, '2.83', '6.90'],
  efficientnet_b0: [224, '0.39', '6.75'],
  inception_v3: [299, '5.71', '8.97'],
  mobilenet_v3_large: [224, '0.22', '4.41'],
  regnet_y_400mf: [224, '0.40', '3.89'],
  resnet50: [224, '4.09', '11.11'],
  shufflenet_v2_x1_0: [224, '0.14', '1.95'],
  swin_t: [224, '4.49', '17.06'],
  vit_b_16: [224, '17.56', '23.90'],
};

test('every exported graph has published figures', () => {
  assert.deepEqual(Object.keys(parameters).sort(), Object.keys(published).sort());
});

for (const [name, [side, gigamacs, activations]] of Object.entries(published)) {
  test(`${name}, exported without its weights, costs what PyTorch and the tables say`, () => {
    const file = gunzipSync(readFileSync(join(folder, `${name}.onnx.gz`)));
    const { inputs, initializers: weights, nodes } = readOnnx(file, name).graph;
    const cost = costOf({ inputs, weights, nodes }, [1, 3, side, side]);
    assert.equal(cost.params, parameters[name]);
    assert.equal((cost.macs / 1e9).toFixed(2), gigamacs);
    assert.equal((cost.activations / 1e6).toFixed(2), activations);
    assert.deepEqual(cost.nodes.at(-1)?.output, [1, 1000]);
  });
}
