import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cards } from '../../src/models/cards.ts';
import { GraphBuilder } from '../../src/onnx/graph.ts';
import { writeOnnx } from '../../src/onnx/write.ts';
import { tinyModel } from '../models/tiny-model.ts';
import { makePlace } from './topfive.ts';

const place = makePlace();
after(() => place.remove());

const write = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(place.directory, name), content);

before(() => {
  write('tiny.onnx', tinyModel({ side: 20, classes: 10 }));
  write('text.onnx', 'not a model');
  const builder = new GraphBuilder('odd');
  const image = builder.input('image', ['N', 3, '', '']);
  const sides = builder.node('LSTM', [builder.node('Relu', [image])]);
  builder.output(
    'logits',
    builder.node('Conv', [sides, builder.weights([8, 3, 1, 1], Array(24).fill(1))]),
    ['N', 8],
  );
  write('odd.onnx', writeOnnx(builder.graph));
  const open = new GraphBuilder('open');
  const x = open.input('image', ['N', 3, 'height', 'width']);
  open.output('maps', open.node('Conv', [x, open.weights([8, 3, 1, 1], Array(24).fill(1))]), [
    'N',
    8,
    '',
    '',
  ]);
  write('open.onnx', writeOnnx(open.graph));
});

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await place.topfive(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};

test('models list --json has the fourteen ids and families in the order of the page', async () => {
  const rows: { id: string; family: string }[] = await json('models', 'list');
  assert.deepEqual(
    rows.map(({ id, family }) => [id, family]),
    cards.map(({ id, family }) => [id, family]),
  );
});

test('models show --json is the card with its cost by every convention, in single units', async () => {
  const { cost, ...card } = await json('models', 'show', 'ResNeXt101_32x48d_wsl');
  assert.deepEqual(card, JSON.parse(JSON.stringify(cards[3])));
  assert.equal(cost.exact.params, 828_411_176);
  assert.equal((cost.exact.macs / 1e9).toFixed(4), '153.3102');
  assert.equal(cost['paddle-flops-2.2'].params, 829_264_296);
  assert.equal((cost['paddle-model-stat-2019'].params / 1e6).toFixed(2), '456.20');
  assert.equal((cost['paddle-model-stat-2019'].flops / 1e9).toFixed(2), '173.58');
});

test('models list and show are tables for a person', async () => {
  const list = await place.topfive('models', 'list');
  assert.match(
    list.stdout,
    /^Fix_ResNeXt101_32x48d_wsl +ResNeXt101_wsl .* 828\.411 .*non-commercial$/m,
  );
  const { stdout } = await place.topfive('models', 'show', 'EfficientNetB6');
  assert.match(stdout, /^ {2}exact +43,040,704 +19,067,\d{3},\d{3} {2}MACs$/m);
  assert.match(stdout, /printed flops, an exception: the rule gives 36\.37 G/);
  assert.match(stdout, /^ {2}T4 fp32 +32\.62402 +- +-$/m);
});

test('a card that does not exist is one sentence with those that do', async () => {
  const { code, stdout, stderr } = await place.topfive('models', 'show', 'EfficientNetB9');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^error: there is no card "EfficientNetB9"; the cards are [^\n]*EfficientNetB7[^\n]*\n$/,
  );
});

test('models inspect --json says what a file takes, gives, is made of and costs', async () => {
  const found = await json('models', 'inspect', 'tiny.onnx');
  assert.deepEqual(found.inputs, [
    { name: 'images', dtype: 'float32', dims: ['batch', 3, 20, 20] },
  ]);
  assert.deepEqual(
    found.outputs.map(({ dims }: { dims: unknown[] }) => dims),
    [['batch', 10]],
  );
  assert.equal(found.opset, 17);
  assert.deepEqual(found.image, [1, 3, 20, 20]);
  assert.deepEqual(Object.keys(found.cost), [
    'exact',
    'paddle-flops-2.2',
    'paddle-model-stat-2019',
  ]);
  const { params, macs } = found.cost.exact;
  for (const [figure, total] of [
    ['params', params],
    ['macs', macs],
    ['activations', found.activations],
  ]) {
    assert.equal(
      found.nodes.reduce((sum: number, node: Record<string, number>) => sum + node[figure], 0),
      total,
    );
  }
  assert.ok(params > 0 && macs > 0);
  assert.deepEqual(found.weights.external, []);
});

test('models inspect is tables for a person', async () => {
  const { code, stdout, stderr } = await place.topfive('models', 'inspect', 'tiny.onnx');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^tiny\.onnx: .*operator set 17, made by topfive$/m);
  assert.match(stdout, /^input +images +float32 {2}\[batch, 3, 20, 20\]$/m);
  assert.match(stdout, /^exact .* MACs$/m);
});

test('an open side is 224 pixels, or what is asked for', async () => {
  const [common, asked] = [
    await json('models', 'inspect', 'open.onnx'),
    await json('models', 'inspect', 'open.onnx', '--side', '32'),
  ];
  assert.deepEqual([common.image, common.cost.exact.macs], [[1, 3, 224, 224], 24 * 224 * 224]);
  assert.deepEqual([asked.image, asked.cost.exact.macs], [[1, 3, 32, 32], 24 * 32 * 32]);
});

test('an operator whose cost is not known is an error, never a zero; the rest is said', async () => {
  const { code, stdout, stderr } = await place.topfive('models', 'inspect', 'odd.onnx', '--json');
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: the cost of odd\.onnx cannot be counted: what LSTM costs is not known[^\n]*\n$/,
  );
  const { cost, activations, reason, operators } = JSON.parse(stdout);
  assert.deepEqual([cost, activations], [null, null]);
  assert.match(reason, /LSTM/);
  assert.deepEqual(operators, { Relu: 1, LSTM: 1, Conv: 1, Identity: 1 });
});

for (const [what, file, sentence] of [
  ['a file that is not there', 'absent.onnx', /no readable file at absent\.onnx/],
  ['a folder', '.', /no readable file at \./],
  ['a file that is no model', 'text.onnx', /text\.onnx is not a well-formed ONNX file/],
] as const) {
  test(`models inspect of ${what} is one sentence`, async () => {
    const { code, stdout, stderr } = await place.topfive('models', 'inspect', file, '--json');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^error: [^\n]+\n$/);
    assert.match(stderr, sentence);
  });
}
