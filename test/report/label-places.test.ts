import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  labelBox,
  type NamedPoint,
  placeLabels,
  pointSize,
} from '../../src/report/label-places.ts';
import type { Box } from '../../src/report/label-search.ts';

const frame = { left: 0, right: 600, top: 0, bottom: 400, letterWidth: 6, lineHeight: 12 };

function boxesOf(points: NamedPoint[]): Box[] {
  return placeLabels(points, frame).flatMap((place, index) =>
    place ? [labelBox(points[index], place, frame)] : [],
  );
}

const overlaps = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

test('a lone point has its label to the right, and at the right edge to the left', () => {
  assert.equal(placeLabels([{ x: 100, y: 100, label: 'model' }], frame)[0]?.anchor, 'start');
  assert.equal(placeLabels([{ x: 590, y: 100, label: 'model' }], frame)[0]?.anchor, 'end');
});

test('no label covers another or a point, and none leaves the frame, however the points lie', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 600 }),
    y: fc.integer({ min: 0, max: 400 }),
    label: fc.constantFrom(null, 'B0', 'EfficientNetB0', 'Fix_ResNeXt101_32x48d_wsl'),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 24 }), (points) => {
      const boxes = boxesOf(points);
      for (const [index, box] of boxes.entries()) {
        assert.ok(box.left >= 0 && box.right <= 600 && box.top >= 0 && box.bottom <= 400);
        for (const other of boxes.slice(index + 1)) assert.ok(!overlaps(box, other));
        for (const { x, y } of points) {
          const dot = {
            left: x - pointSize,
            right: x + pointSize,
            top: y - pointSize,
            bottom: y + pointSize,
          };
          assert.ok(!overlaps(box, dot));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('all names of a crowd are placed where there is room for them', () => {
  const crowd = Array.from({ length: 9 }, (_, index) => ({
    x: 290 + 10 * (index % 3),
    y: 190 + 10 * Math.floor(index / 3),
    label: 'EfficientNetB0',
  }));
  assert.equal(boxesOf(crowd).length, 9);
});

test('the places together are the nearest: a name gives way when that costs less than what it pushes aside', () => {
  // Only its right side is left to the second; the first has a free place at the left as well.
  const points = [
    { x: 300, y: 200, label: 'EfficientNetB6' },
    { x: 330, y: 200, label: 'B' },
    { x: 318, y: 188, label: null },
    { x: 318, y: 212, label: null },
  ];
  const [first, second] = placeLabels(points, frame);
  assert.equal(first?.anchor, 'end');
  assert.deepEqual([second?.dx, second?.anchor], [9, 'start']);
});

test('a name that finds no place is left out, and a point without one has none', () => {
  const narrow = { ...frame, right: 40 };
  assert.deepEqual(placeLabels([{ x: 20, y: 100, label: 'EfficientNetB0' }], narrow), [null]);
  assert.deepEqual(placeLabels([{ x: 20, y: 100, label: null }], frame), [null]);
});

test('a name stands nearer to its own point than to another, and no line to one runs over a point, where there is room', () => {
  const column = [0, 14].map((down) => ({
    x: 590,
    y: 200 + down,
    label: 'Fix_ResNeXt101_32x48d_wsl',
  }));
  const places = placeLabels(column, frame);
  const [first, second] = places.map(
    (place, index) => place && labelBox(column[index], place, frame),
  );
  assert.ok(first && second && first.bottom <= second.top);
});
