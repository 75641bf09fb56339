import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../src/data/random.ts';
import { fitHead, type Training } from '../../src/models/linear-discriminant.ts';

/** Three classes along one axis, in the shade of a much noisier second axis that both features share. */
function makeTraining(perClass: number): Training {
  const random = createRandom(1);
  const labels = Array.from({ length: perClass * 3 }, (_, image) => image % 3);
  const features = labels.flatMap((label) => {
    const shade = random.between(-10, 10);
    return [label + random.between(-0.2, 0.2) + shade, shade];
  });
  return { features: Float32Array.from(features), count: 2, labels, classes: 3 };
}

test('the head separates classes that no single feature separates', () => {
  const training = makeTraining(200);
  const { weights, bias, classes } = fitHead(training);
  const right = training.labels.filter((label, image) => {
    const logits = Array.from({ length: classes }, (_, output) =>
      [0, 1].reduce(
        (sum, j) => sum + training.features[image * 2 + j] * weights[j * classes + output],
        bias[output],
      ),
    );
    return logits.indexOf(Math.max(...logits)) === label;
  });
  assert.ok(right.length > 0.9 * training.labels.length, `${right.length} of 600`);
});

test('a feature that never changes does no harm', () => {
  const { features, ...rest } = makeTraining(20);
  const padded = Float32Array.from({ length: 60 * 3 }, (_, place) =>
    place % 3 === 2 ? 0 : features[Math.floor(place / 3) * 2 + (place % 3)],
  );
  const head = fitHead({ ...rest, features: padded, count: 3 });
  assert.ok(head.weights.every(Number.isFinite) && head.bias.every(Number.isFinite));
});
