import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import { parseSpec } from '../../src/jobs/spec.ts';

const parse = (text: string) => parseSpec(text, { source: 'spec.yaml', folder: '/data/zoo' });

const whole = `
version: 1
name: sweep
dataset: { uri: ./val, labels: ../val_list.txt }
models:
  - EfficientNetB0
  - { id: b0-export, onnx: ./b0.onnx, card: EfficientNetB0 }
  - id: custom
    onnx: /abs/m.onnx
    recipe: { decoder: opencv, resizeShort: 256, kernel: linear, crop: 224, scale: 1/255,
              mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
`;

test('relative paths resolve against the folder of the spec, and defaults are filled in', () => {
  const spec = parse(whole);
  assert.equal(spec.dataset.uri, '/data/zoo/val');
  assert.equal(spec.dataset.labels, '/data/val_list.txt');
  assert.equal(spec.dataset.layout, 'auto');
  assert.equal(spec.batchSize, 'auto');
  const [card, withCard, custom] = spec.models;
  assert.equal(card, 'EfficientNetB0');
  assert.ok(typeof withCard === 'object' && withCard.onnx === '/data/zoo/b0.onnx');
  assert.ok(typeof custom === 'object' && custom.onnx === '/abs/m.onnx');
  assert.equal(custom.recipe?.scale, 1 / 255);
  assert.equal(custom.recipe?.channelOrder, 'rgb');
});

test('relative paths of a spec on S3 resolve against its folder there', () => {
  const { dataset, models } = parseSpec(whole, {
    source: 'spec',
    folder: 's3://lab/specs/nightly',
  });
  assert.equal(dataset.uri, 's3://lab/specs/nightly/val');
  assert.equal(dataset.labels, 's3://lab/specs/val_list.txt');
  const [, withCard, custom] = models;
  assert.ok(typeof withCard === 'object' && withCard.onnx === 's3://lab/specs/nightly/b0.onnx');
  assert.ok(typeof custom === 'object' && custom.onnx === '/abs/m.onnx');
});

const refused: [string, string, RegExp][] = [
  [
    'an unknown field',
    `${whole}\nworkers: 3\n`,
    /spec\.yaml: unknown field "workers" at the top level/,
  ],
  [
    'an unknown field of a model',
    whole.replace('card: EfficientNetB0', 'kard: EfficientNetB0'),
    /unknown field "kard" at models\.1/,
  ],
  [
    'an unknown field of a recipe',
    whole.replace('scale: 1/255', 'scales: 3'),
    /unknown field "scales" at models\.2\.recipe/,
  ],
  [
    'a kernel of the other decoder',
    whole.replace('kernel: linear', 'kernel: bicubic'),
    /models\.2\.recipe\.kernel/,
  ],
  [
    'an opencv crop beyond the resized image',
    whole.replace('crop: 224', 'crop: 300'),
    /models\.2\.recipe\.crop: under opencv a crop larger than resizeShort/,
  ],
  ['an id with a slash', whole.replace('id: custom', 'id: a/b'), /models\.2\.id.*letters, digits/],
  ['no models', 'version: 1\ndataset: { uri: ./val }\nmodels: []\n', /models/],
  ['broken YAML', 'version: 1\ndataset: { uri: ./val\n', /not valid YAML or JSON/],
  ['a text that is no object', 'just words', /top level/],
];

for (const [what, text, message] of refused) {
  test(`${what} is refused in one line that names the place`, () => {
    assert.throws(
      () => parse(text),
      (error) => {
        assert.ok(error instanceof TopfiveError);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, message);
        assert.ok(!error.message.includes('\n'));
        return true;
      },
    );
  });
}
