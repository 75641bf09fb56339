import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { standAlone } from '../../src/report/chart.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { drawScatter, labelBoxes } from '../../src/report/scatter.ts';
import { paretoFront, seriesPlots } from '../../src/report/series-plots.ts';
import type { RunRecord } from '../../src/scoring/run-record.ts';
import { makeLatency } from './latency-fixture.ts';
import { hostileRecord, seriesRecord, smallRecord } from './record-fixture.ts';

/** The fourteen, each with a time at both precisions that grows with its cost. */
function timedRecord(change: Partial<RunRecord> = {}): RunRecord {
  const record = { ...seriesRecord(), ...change };
  const [{ measured, ...cell }] = makeLatency().cells;
  const cells = record.models.flatMap(({ id, cost }) =>
    [1, 4].map((batch) => {
      const ms = batch * Math.sqrt((cost?.flops ?? 1e9) / 1e7);
      const rate = { value: (1000 * batch) / ms + batch, interval: null };
      return {
        ...cell,
        model: id,
        batch,
        measured: measured && {
          ...measured,
          mean: { value: ms, interval: null },
          imagesPerSecond: rate,
          imagesPerQuery: batch,
        },
      };
    }),
  );
  return { ...record, latency: makeLatency({ cells }) };
}

interface Mark {
  querySelector(selector: string): unknown;
  closest(selector: string): { getAttribute(name: string): string | null } | null;
}

const pointsOf = (record: RunRecord) =>
  Object.fromEntries(
    seriesPlots(record).map(({ name, scatter: { points } }) => [
      name,
      [
        points.filter(({ measured }) => !measured).length,
        points.filter(({ measured }) => measured).length,
      ],
    ]),
  );

test('five plots: published points of the fourteen and a measured one for each model of the run', () => {
  assert.deepEqual(pointsOf(timedRecord()), {
    'top1-flops': [14, 14],
    'top1-params': [14, 14],
    'top1-fp32-time': [14, 14],
    'top1-fp16-time': [14, 0],
    'top1-throughput': [0, 14],
  });
  assert.deepEqual(pointsOf(smallRecord()), {}, 'one point is no plot');
});

test('every name stands, and none covers another, on every plot of the fourteen and of parts of them', () => {
  const all = timedRecord();
  const parts = [all.models, all.models.slice(5), all.models.filter((_, index) => index % 3 === 0)];
  for (const models of parts) {
    for (const { name, scatter } of seriesPlots({ ...all, models })) {
      const boxes = labelBoxes(scatter);
      assert.equal(boxes.length, scatter.points.filter(({ label }) => label !== null).length, name);
      for (const [index, { box: a, label }] of boxes.entries()) {
        for (const { box: b, label: other } of boxes.slice(index + 1)) {
          const apart =
            a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
          assert.ok(apart, `${name}: ${label} and ${other}`);
        }
      }
    }
  }
});

test('a model that is printed and measured is joined and named once', () => {
  const [flops] = seriesPlots(timedRecord());
  assert.equal(flops.scatter.joined?.length, 14);
  const named = flops.scatter.points.flatMap(({ label }) => label ?? []);
  assert.equal(new Set(named).size, 14);
  assert.equal(named.length, 14);
});

test('published points are hollow, measured ones filled, families have a shape each', () => {
  const [{ scatter }] = seriesPlots(timedRecord());
  const { document } = parseHTML(`<body>${drawScatter(scatter).text}</body>`);
  const marks = [...document.querySelectorAll('g > path, g > circle')].filter((mark: Mark) =>
    mark.querySelector('title'),
  );
  assert.equal(marks.length, 28);
  const fills = marks.map((mark: Mark) => mark.closest('g')?.getAttribute('fill'));
  assert.equal(fills.filter((fill) => fill === 'var(--paper)').length, 14);
});

test('the front has every point that no other beats, and no more', () => {
  const point = fc.record({ x: fc.integer({ min: 0, max: 9 }), y: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(point), (points) => {
      const front = paretoFront(points);
      const beaten = ({ x, y }: { x: number; y: number }) =>
        points.some((other) => other.x >= x && other.y >= y && (other.x > x || other.y > y));
      for (const one of front) assert.ok(!beaten(one));
      for (const one of points) {
        const on = front.some(({ x, y }) => x === one.x && y === one.y);
        assert.equal(on, !beaten(one));
      }
      assert.deepEqual(
        front,
        [...front].sort((a, b) => a.x - b.x),
      );
    }),
  );
});

test('a plot on its own needs no page: no variable is left, and text of others stays text', () => {
  for (const record of [timedRecord(), hostileRecord()]) {
    for (const { scatter } of seriesPlots(record)) {
      const svg = standAlone(drawScatter(scatter));
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
      assert.doesNotMatch(svg, /var\(|currentColor|undefined|<script/);
    }
  }
});

test('Markdown shows the pictures that lie beside it', () => {
  const text = renderMarkdown(timedRecord());
  assert.match(text, /!\[Top-1 accuracy against FLOPs\]\(plots\/top1-flops\.png\)/);
  assert.doesNotMatch(renderMarkdown(smallRecord()), /## Plots/);
});
