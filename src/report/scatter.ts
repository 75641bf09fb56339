/** Scatter plots of models: accuracy against what it costs, published points hollow, measured ones filled. */
import * as Plot from '@observablehq/plot';
import { colours, drawChart } from './chart.ts';
import { accuracyDomain, letterWidth, shortPercent } from './chart-rows.ts';
import {
  type LabelPlace,
  labelBox,
  type NamedPoint,
  placeLabels,
  pointSize,
} from './label-places.ts';
import type { Box } from './label-search.ts';
import type { Markup } from './markup.ts';

export interface ScatterPoint {
  /** Null when the point of the same model that it is joined to has the name. */
  label: string | null;
  /** Null for a model without a card. */
  family: string | null;
  measured: boolean;
  x: number;
  y: number;
  /** 95% interval of a measured accuracy. */
  low?: number;
  high?: number;
  title: string;
}

export interface Scatter {
  /** For readers who do not see it. */
  title: string;
  xLabel: string;
  points: readonly ScatterPoint[];
  /** Pairs of points of one model. */
  joined?: readonly (readonly [ScatterPoint, ScatterPoint])[];
  /** Points from left to right that no other beats in both directions. */
  front?: readonly ScatterPoint[];
}

const size = { width: 1060, height: 480 };
const frame = { left: 60, right: 1040, top: 40, bottom: 438 };
const inset = 14;
const lineHeight = 14;
const labelFrame = { ...frame, letterWidth, lineHeight };

const looks = [
  { symbol: 'circle', colour: colours.top1 },
  { symbol: 'square', colour: colours.top5 },
  { symbol: 'diamond', colour: colours.bad },
] as const;
const without = { symbol: 'triangle', colour: colours.ink } as const;

/** Where everything of a plot stands, in pixels, before it is drawn. */
export function layOut(scatter: Scatter) {
  const { points } = scatter;
  const values = points.map(({ x }) => x);
  const x = {
    type: 'log' as const,
    domain: [Math.min(...values) / 1.05, Math.max(...values) * 1.05],
    range: [frame.left + inset, frame.right - inset],
  };
  const y = { domain: accuracyDomain(points.map(rangeOf)), range: [frame.bottom, frame.top] };
  const [scaleX, scaleY] = [Plot.scale({ x }), Plot.scale({ y })];
  const named = points.map(
    (point): NamedPoint => ({
      x: scaleX.apply(point.x),
      y: scaleY.apply(point.y),
      label: point.label,
    }),
  );
  const obstacles = points.flatMap(({ low, high }, index): Box[] =>
    low === undefined || high === undefined
      ? []
      : [
          {
            left: named[index].x - 3,
            right: named[index].x + 3,
            top: scaleY.apply(high),
            bottom: scaleY.apply(low),
          },
        ],
  );
  const places = placeLabels(named, labelFrame, { obstacles });
  /** The values at a pixel, for what is drawn beside the points. */
  const at = (px: number, py: number) => ({ x: scaleX.invert?.(px), y: scaleY.invert?.(py) });
  return { x, y, named, places, at };
}

const rangeOf = ({ y, low = y, high = y }: ScatterPoint) => ({ low, high, published: null });

/** The boxes of the names that stand in the plot, in pixels. */
export function labelBoxes(scatter: Scatter): { label: string; box: Box }[] {
  const { named, places } = layOut(scatter);
  return places.flatMap((place, index) => {
    const { label } = named[index];
    return place && label !== null
      ? [{ label, box: labelBox(named[index], place, labelFrame) }]
      : [];
  });
}

export function drawScatter(scatter: Scatter): Markup {
  const { title, xLabel, points, joined = [], front = [] } = scatter;
  const layout = layOut(scatter);
  const lookOf = looksOf(points);
  const intervals = points.filter(({ low }) => low !== undefined);
  return drawChart(title, {
    ...size,
    marginLeft: frame.left,
    marginRight: size.width - frame.right,
    marginTop: frame.top,
    marginBottom: size.height - frame.bottom,
    x: { ...layout.x, label: `${xLabel}, logarithmic →`, tickFormat: String, ticks: 8 },
    y: { ...layout.y, label: '↑ Top-1 accuracy', tickFormat: shortPercent, ticks: 6 },
    marks: [
      Plot.gridY({ ticks: 6, stroke: colours.line, strokeOpacity: 1 }),
      Plot.line(front, { ...at, stroke: colours.muted, strokeDasharray: '5 4' }),
      segments(joined, colours.rest),
      Plot.ruleX(intervals, { ...intervalLook, x: 'x', y1: 'low', y2: 'high' }),
      ...points.map((point) =>
        Plot.dot([point], { ...at, ...dotLook(point.measured, lookOf(point)), title: 'title' }),
      ),
      segments(leadersOf(layout), colours.muted),
      ...points.flatMap((point, index) => nameOf(point, layout.places[index])),
      ...legend(scatter, { layout, lookOf }),
    ],
  });
}

type Layout = ReturnType<typeof layOut>;
type Look = (typeof looks)[number] | typeof without;
interface Spot {
  x: number | undefined;
  y: number | undefined;
}

const at = { x: 'x', y: 'y' } as const;

const intervalLook = {
  stroke: colours.muted,
  strokeOpacity: 0.3,
  strokeWidth: 6,
  strokeLinecap: 'round',
} as const;

/** A look a family, in the order in which they occur. */
function looksOf(points: readonly ScatterPoint[]) {
  const families = [...new Set(points.flatMap(({ family }) => family ?? []))];
  return ({ family }: Pick<ScatterPoint, 'family'>): Look =>
    family === null ? without : looks[families.indexOf(family) % looks.length];
}

function dotLook(measured: boolean, { symbol, colour }: Look) {
  return measured
    ? { symbol, r: 4.5, fill: colour, stroke: colours.paper, strokeWidth: 1 }
    : { symbol, r: 4, fill: colours.paper, stroke: colour, strokeWidth: 1.5 };
}

function segments(pairs: readonly (readonly [Spot, Spot])[], stroke: string) {
  return Plot.link(pairs, {
    x1: ([from]: readonly Spot[]) => from.x,
    y1: ([from]: readonly Spot[]) => from.y,
    x2: ([, to]: readonly Spot[]) => to.x,
    y2: ([, to]: readonly Spot[]) => to.y,
    stroke,
    strokeWidth: 0.8,
  });
}

function leadersOf({ named, places, at: spot }: Layout): [Spot, Spot][] {
  return places.flatMap((place, index): [Spot, Spot][] => {
    if (!place?.far) return [];
    const { x, y } = named[index];
    const length = Math.hypot(place.dx, place.dy);
    const [from, to] = [pointSize / length, 1 - 3 / length];
    return [
      [spot(x + place.dx * from, y + place.dy * from), spot(x + place.dx * to, y + place.dy * to)],
    ];
  });
}

function nameOf(point: ScatterPoint, place: LabelPlace | null) {
  if (!place) return [];
  const { dx, dy, anchor } = place;
  const fill = point.measured ? colours.ink : colours.muted;
  return [text([point], { label: 'label', dx, dy, anchor, fill })];
}

interface TextLook {
  label: string;
  dx: number;
  dy: number;
  anchor: LabelPlace['anchor'];
  fill: string;
}

/** Text with a rim of paper, over lines. */
function text(data: readonly object[], { label, dx, dy, anchor, fill }: TextLook) {
  const rim = { stroke: colours.paper, strokeWidth: 3 };
  return Plot.text(data, { ...at, text: label, dx, dy, textAnchor: anchor, fill, ...rim });
}

const legendHeight = 14;
/** The label of the upright axis stands left of it, in the same line. */
const besideAxisLabel = 70;

/** In the plot itself, so that it stands beside the points wherever the plot goes. */
function legend(
  { points, front = [] }: Scatter,
  { layout, lookOf }: { layout: Layout; lookOf: (point: Pick<ScatterPoint, 'family'>) => Look },
) {
  const all = [...new Set(points.map(({ family }) => family))];
  const families = all.every((family) => family === null) ? [] : all;
  const kinds = [...new Set(points.map(({ measured }) => measured))];
  const entries = [
    ...families.map((family) => ({
      name: family ?? 'without a card',
      look: dotLook(true, lookOf({ family })),
    })),
    ...(kinds.length > 1 ? [false, true] : kinds).map((measured) => ({
      name: measured ? 'filled: measured' : 'hollow: published',
      look: dotLook(measured, { symbol: 'circle', colour: colours.muted }),
    })),
    ...(front.length > 1 ? [{ name: 'dashed: Pareto front', look: null }] : []),
  ];
  let left = frame.left + besideAxisLabel;
  return entries.flatMap(({ name, look }) => {
    const spot = [layout.at(left, legendHeight)];
    left += name.length * letterWidth + 34;
    return [
      ...(look ? [Plot.dot(spot, { ...at, ...look })] : []),
      Plot.text(spot, {
        ...at,
        text: () => name,
        dx: look ? 9 : -6,
        textAnchor: 'start',
        fill: colours.ink,
      }),
    ];
  });
}
