/** The names that each publisher gives to the tensors of the fourteen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { networkOf } from '../../../src/models/build.ts';
import { cards } from '../../../src/models/cards.ts';
import { efficientNetNamings } from '../../../src/models/import/efficientnet-namings.ts';
import { differences, matchNaming } from '../../../src/models/import/match.ts';
import type { Naming } from '../../../src/models/import/naming.ts';
import { resnextNamings } from '../../../src/models/import/resnext-namings.ts';

function namingsOf(id: string): readonly Naming[] {
  const { tensors } = networkOf(id);
  return id.startsWith('Efficient')
    ? efficientNetNamings(tensors.map(({ name }) => name))
    : resnextNamings;
}

function sourcesOf(id: string, title: string): string[] {
  const naming = namingsOf(id).find((known) => known.title === title)!;
  return networkOf(id).tensors.map(({ name }) => naming.sourceOf(name).name);
}

/** Tensors as a checkpoint of this naming holds them. */
function storedAs(id: string, { sourceOf }: Naming, prefix = '') {
  const entries = networkOf(id).tensors.map(({ name, dims }) => {
    const source = sourceOf(name);
    const shape = source.transposed ? dims.toReversed() : dims;
    return [`${prefix}${source.name}`, { type: 'float32' as const, shape }] as const;
  });
  return new Map(entries);
}

for (const { id } of cards) {
  test(`${id} is found again under every naming, with and without the prefixes of what is wrapped around it`, () => {
    const { tensors } = networkOf(id);
    const namings = namingsOf(id);
    for (const naming of namings) {
      for (const prefix of ['', 'module.', '_orig_mod.module.', 'model.']) {
        const stored = storedAs(id, naming, prefix);
        assert.equal(stored.size, tensors.length, 'each name once');
        const match = matchNaming(namings, { stored, wanted: tensors });
        assert.equal(differences(match), 0);
        const title = prefix === '' ? naming.title : `${naming.title} with the prefix "${prefix}"`;
        assert.equal(match.naming, title);
      }
    }
  });
}

/** Of PaddleClas' and lukemelas' source and of a timm and torchvision state dict. */
const known: [id: string, title: string, names: string[]][] = [
  [
    'EfficientNetB0',
    'timm',
    [
      'conv_stem.weight',
      'bn1.running_var',
      'blocks.0.0.conv_dw.weight',
      'blocks.0.0.conv_pw.weight',
      'blocks.0.0.bn2.bias',
      'blocks.2.1.conv_pw.weight',
      'blocks.2.1.bn3.weight',
      'blocks.2.1.se.conv_reduce.bias',
      'blocks.6.0.conv_pwl.weight',
      'conv_head.weight',
      'bn2.weight',
      'classifier.bias',
    ],
  ],
  [
    'EfficientNetB0',
    'lukemelas',
    [
      '_conv_stem.weight',
      '_bn0.running_mean',
      '_blocks.0._depthwise_conv.weight',
      '_blocks.0._bn1.running_var',
      '_blocks.0._project_conv.weight',
      '_blocks.4._expand_conv.weight',
      '_blocks.4._bn0.weight',
      '_blocks.15._se_reduce.bias',
      '_blocks.15._se_expand.weight',
      '_blocks.15._bn2.bias',
      '_conv_head.weight',
      '_bn1.weight',
      '_fc.weight',
    ],
  ],
  [
    'EfficientNetB0',
    'Paddle',
    [
      '_ef._conv_stem._conv._conv._conv.weight',
      '_ef._conv_stem._conv._bn._mean',
      '_ef._blocks.0.._dcn._conv._conv._conv.weight',
      '_ef._blocks.0.._dcn._conv._bn._variance',
      '_ef._blocks.1.._ecn._conv._conv._conv.weight',
      '_ef.block.2.._ecn._conv._bn.weight',
      '_ef.block.2.._se._conv1._conv.bias',
      '_ef.block.2.._se._conv2._conv.weight',
      '_ef._blocks.15.._pcn._conv._bn.bias',
      '_conv._conv._conv.weight',
      '_conv._bn._variance',
      '_fc.weight',
      '_fc.bias',
    ],
  ],
  [
    'EfficientNetB0',
    'Paddle static',
    [
      '_conv_stem_weights',
      '_bn0_scale',
      '_bn0_mean',
      '_blocks.0._depthwise_conv_weights',
      '_blocks.2._expand_conv_weights',
      '_blocks.2._bn0_offset',
      '_blocks.2._se_reduce_offset',
      '_blocks.15._bn2_variance',
      '_conv_head_weights',
      '_bn1_variance',
      '_fc_weights',
      '_fc_offset',
    ],
  ],
  [
    'EfficientNetB0',
    'torchvision',
    [
      'features.0.0.weight',
      'features.0.1.running_var',
      'features.1.0.block.0.0.weight',
      'features.1.0.block.0.1.bias',
      'features.1.0.block.1.fc1.bias',
      'features.1.0.block.2.0.weight',
      'features.2.1.block.0.0.weight',
      'features.3.0.block.1.1.running_mean',
      'features.7.0.block.2.fc2.weight',
      'features.7.0.block.3.1.weight',
      'features.8.0.weight',
      'features.8.1.bias',
      'classifier.1.weight',
    ],
  ],
  [
    'EfficientNetB7',
    'Paddle',
    [
      '_ef._blocks.0.._dcn._conv._conv._conv.weight',
      '_ef.block.3.._pcn._conv._conv._conv.weight',
      '_ef._blocks.4.._ecn._conv._conv._conv.weight',
      '_ef.block.54.._pcn._conv._bn._mean',
    ],
  ],
  [
    'ResNeXt101_32x48d_wsl',
    'torchvision',
    [
      'conv1.weight',
      'bn1.running_mean',
      'layer1.0.downsample.0.weight',
      'layer1.0.downsample.1.running_var',
      'layer3.22.conv2.weight',
      'layer4.2.bn3.bias',
      'fc.weight',
    ],
  ],
  [
    'ResNeXt101_32x48d_wsl',
    'Paddle',
    [
      '_conv_stem._conv.weight',
      '_conv_stem._bn._mean',
      '_conv1_0._short._conv._conv.weight',
      '_conv1_0._short._conv._bn._variance',
      '_conv3_22._conv1._conv.weight',
      '_conv4_2._conv2._bn.bias',
      '_out.weight',
      '_out.bias',
    ],
  ],
];

for (const [id, title, names] of known) {
  test(`${title} names the tensors of ${id} as its source does`, () => {
    const sources = new Set(sourcesOf(id, title));
    for (const name of names) {
      assert.ok(sources.has(name), name);
    }
  });
}

test('only the classifier is transposed, and only by Paddle', () => {
  for (const { id } of cards) {
    for (const { title, sourceOf } of namingsOf(id)) {
      const transposed = networkOf(id).tensors.filter(({ name }) => sourceOf(name).transposed);
      const expected = title.startsWith('Paddle') ? [networkOf(id).tensors.at(-2)] : [];
      assert.deepEqual(transposed, expected);
    }
  }
});

test('training counters and the table of names are no tensors of the network, others are counted', () => {
  const id = 'EfficientNetB0';
  const [naming] = namingsOf(id);
  const stored = storedAs(id, naming);
  const wanted = networkOf(id).tensors;
  stored.set('bn1.num_batches_tracked', { type: 'float32', shape: [] });
  stored.set('StructuredToParameterName@@', { type: 'float32', shape: [] });
  assert.equal(differences(matchNaming([naming], { stored, wanted })), 0);
  stored.set('bn1.num_batches', { type: 'float32', shape: [] });
  assert.deepEqual(matchNaming([naming], { stored, wanted }).unknown, ['"bn1.num_batches" []']);
});

test('whatever is taken away, added or reshaped, each change is one difference', () => {
  const id = 'EfficientNetB0_small';
  const namings = namingsOf(id);
  const wanted = networkOf(id).tensors;
  const places = fc.uniqueArray(fc.nat({ max: wanted.length - 1 }), {
    minLength: 1,
    maxLength: 12,
  });
  const changes = fc.array(fc.constantFrom('remove', 'reshape', 'add', 'integers'), {
    minLength: 12,
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.constantFrom(...namings), places, changes, (naming, chosen, how) => {
      const stored: Map<string, { type: 'float32' | 'int8'; shape: readonly number[] }> = storedAs(
        id,
        naming,
      );
      const count = { remove: 0, reshape: 0, add: 0, integers: 0 };
      for (const [index, place] of chosen.entries()) {
        const { name } = naming.sourceOf(wanted[place].name);
        const change = how[index] as keyof typeof count;
        count[change] += 1;
        if (change === 'remove') stored.delete(name);
        if (change === 'reshape') stored.set(name, { type: 'float32', shape: [3, 1, 4, 1, 5] });
        if (change === 'integers') stored.set(name, { ...stored.get(name)!, type: 'int8' });
        if (change === 'add') stored.set(`${name}.more`, { type: 'float32', shape: [1] });
      }
      const { missing, unknown, unfit, naming: title } = matchNaming(namings, { stored, wanted });
      assert.equal(title, naming.title);
      assert.deepEqual(
        [missing.length, unknown.length, unfit.length],
        [count.remove, count.add, count.reshape + count.integers],
      );
    }),
    { numRuns: 50 },
  );
});
