import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelBox, placeLabels } from '../../src/report/label-places.ts';

const frame = { left: 0, right: 600, top: 0, bottom: 400, letterWidth: 6, lineHeight: 12 };

test('a lone point has its label to the right, and at the right edge to the left', () => {
  assert.equal(placeLabels([{ x: 100, y: 100, label: 'model' }], frame)[0].anchor, 'start');
  assert.equal(placeLabels([{ x: 590, y: 100, label: 'model' }], frame)[0].anchor, 'end');
});

test('labels of two close points do not cover each other', () => {
  const points = [
    { x: 300, y: 200, label: 'EfficientNetB6' },
    { x: 310, y: 203, label: 'ResNeXt101_32x16d_wsl' },
  ];
  const [a, b] = placeLabels(points, frame).map((place, index) =>
    labelBox(points[index], place, frame),
  );
  assert.ok(a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top);
});

test('every label of points well inside stays in the frame', () => {
  const point = fc.record({
    x: fc.integer({ min: 20, max: 580 }),
    y: fc.integer({ min: 40, max: 360 }),
    label: fc.constantFrom('B0', 'EfficientNetB0', 'Fix_ResNeXt101_32x48d_wsl'),
  });
  fc.assert(
    fc.property(point, (one) => {
      const box = labelBox(one, placeLabels([one], frame)[0], frame);
      assert.ok(box.left >= 0 && box.right <= 600 && box.top >= 0 && box.bottom <= 400);
    }),
  );
});
