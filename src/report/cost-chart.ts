/** Accuracy against cost: a point a model, named where there is room. */
import * as Plot from '@observablehq/plot';
import type { RunRecord } from '../scoring/run-record.ts';
import { colours, drawChart } from './chart.ts';
import { accuracyDomain, chartRows, letterWidth, shortPercent } from './chart-rows.ts';
import { placeLabels } from './label-places.ts';
import type { Markup } from './markup.ts';
import { inUnits, percent } from './numbers.ts';

const size = { width: 1060, height: 440 };
const frame = { left: 60, right: 1040, top: 24, bottom: 398 };

/** Top-1 against FLOPs; null when fewer than two models have a cost. */
export function costChart(record: RunRecord): Markup | null {
  const rows = pointsOf(record);
  if (rows.length < 2) return null;
  const scales = scalesOf(rows);
  const places = placeLabels(
    rows.map(({ flops, fraction, label }) => ({
      x: scales.x.apply(flops),
      y: scales.y.apply(fraction),
      label,
    })),
    { ...frame, letterWidth, lineHeight: 13 },
  );
  const { options } = scales;
  const at = { x: 'flops', y: 'fraction' } as const;
  return drawChart('Top-1 accuracy against FLOPs', {
    ...size,
    marginLeft: frame.left,
    marginRight: size.width - frame.right,
    marginTop: frame.top,
    marginBottom: size.height - frame.bottom,
    x: { ...options.x, label: 'FLOPs (G), logarithmic →', tickFormat: String, ticks: 8 },
    y: { ...options.y, label: '↑ Top-1 accuracy', tickFormat: shortPercent, ticks: 6 },
    marks: [
      Plot.gridY({ ticks: 6, stroke: colours.line, strokeOpacity: 1 }),
      Plot.ruleX(rows, { ...intervalLook, x: 'flops', y1: 'low', y2: 'high' }),
      Plot.dot(rows, { ...at, ...pointLook, title: titleOf }),
      ...rows.map((row, index) => {
        const { dx, dy, anchor } = places[index];
        return Plot.text([row], {
          ...at,
          text: 'label',
          dx,
          dy,
          textAnchor: anchor,
          fill: colours.ink,
        });
      }),
    ],
  });
}

const intervalLook = {
  stroke: colours.top1,
  strokeOpacity: 0.3,
  strokeWidth: 6,
  strokeLinecap: 'round',
} as const;
const pointLook = { r: 4, fill: colours.top1, stroke: colours.paper, strokeWidth: 1.5 };

type Point = ReturnType<typeof pointsOf>[number];

function pointsOf(record: RunRecord) {
  return chartRows(record).flatMap(({ label, model: { cost, accuracy } }) =>
    cost && cost.flops > 0
      ? [{ label, flops: cost.flops / 1e9, ...accuracy.top1, published: null }]
      : [],
  );
}

/** The scales of the plot, known before it is drawn, so that the labels can be placed in pixels. */
function scalesOf(rows: readonly Point[]) {
  const flops = rows.map((row) => row.flops);
  const inset = 14;
  const x = {
    type: 'log' as const,
    domain: [Math.min(...flops) / 1.05, Math.max(...flops) * 1.05],
    range: [frame.left + inset, frame.right - inset],
  };
  const y = { domain: accuracyDomain(rows), range: [frame.bottom, frame.top] };
  return { x: Plot.scale({ x }), y: Plot.scale({ y }), options: { x, y } };
}

const titleOf = ({ label, flops, fraction }: Point) =>
  `${label}: ${inUnits(flops, 1)} GFLOPs, ${percent(fraction)}`;
