/** Where the names of a scatter plot's points go: over no other name and over no point, together as near as can be. */
import { type Box, type Candidate, choose, nowhere, overlap } from './label-search.ts';

export interface NamedPoint {
  /** Pixels. */
  x: number;
  y: number;
  /** Null for a point that takes room and has no name. */
  label: string | null;
}

export interface LabelPlace {
  /** From the point to the label's anchor, pixels. */
  dx: number;
  dy: number;
  anchor: 'start' | 'middle' | 'end';
  /** Far enough that a line must lead there. */
  far: boolean;
}

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  letterWidth: number;
  lineHeight: number;
}

/** Half the side of a point's own box. */
export const pointSize = 6;

/** Beside the point, in the order of preference. */
const near: readonly Omit<LabelPlace, 'far'>[] = [
  { dx: 9, dy: 0, anchor: 'start' },
  { dx: -9, dy: 0, anchor: 'end' },
  { dx: 8, dy: 12, anchor: 'start' },
  { dx: -8, dy: -12, anchor: 'end' },
  { dx: 8, dy: -12, anchor: 'start' },
  { dx: -8, dy: 12, anchor: 'end' },
  { dx: 0, dy: 16, anchor: 'middle' },
  { dx: 0, dy: -16, anchor: 'middle' },
];

/** Distances from the point at which a line leads to the name, in pixels. */
const distances = [26, 38, 52, 70, 92, 120];
const directions = 12;

const places: readonly LabelPlace[] = [
  ...near.map((place) => ({ ...place, far: false })),
  ...distances.flatMap((distance) =>
    Array.from({ length: directions }, (_, step): LabelPlace => {
      const angle = (2 * Math.PI * (step + 0.5)) / directions;
      const dx = Math.round(distance * Math.cos(angle));
      const dy = Math.round(distance * Math.sin(angle));
      return { dx, dy, anchor: dx < 0 ? 'end' : 'start', far: true };
    }),
  ),
];

/** What a place costs: its rank beside the point, or how far it is. */
const costOf = ({ dx, dy, far }: LabelPlace, rank: number) => (far ? Math.hypot(dx, dy) : rank);
/** A name nearer to another point than to its own, or whose line runs over one, is taken for that one's. */
const misleading = 60;
/** A place over a soft obstacle costs this much for each square pixel that is covered. */
const covering = 0.05;

/**
 * One place a point, null for a point without a name and for a name that finds no place.
 * @param obstacles what a name may cover, but better does not
 */
export function placeLabels(
  points: readonly NamedPoint[],
  frame: Frame,
  { obstacles = [] }: { obstacles?: readonly Box[] } = {},
): (LabelPlace | null)[] {
  const taken = points.map(pointBox);
  const candidates = points.map((point, index) =>
    candidatesOf(point, { frame, own: taken[index], taken, obstacles }),
  );
  return choose(candidates).map(({ place }) => place);
}

const pointBox = ({ x, y }: NamedPoint): Box => ({
  left: x - pointSize,
  right: x + pointSize,
  top: y - pointSize,
  bottom: y + pointSize,
});

interface Surroundings {
  frame: Frame;
  /** The box of the point itself, one of `taken`. */
  own: Box;
  taken: readonly Box[];
  obstacles: readonly Box[];
}

/** Cheapest first. */
function candidatesOf(
  point: NamedPoint,
  { frame, own, taken, obstacles }: Surroundings,
): Candidate<LabelPlace>[] {
  if (point.label === null) return [nowhere];
  const free = places.flatMap((place, rank): Candidate<LabelPlace>[] => {
    const box = labelBox(point, place, frame);
    if (!isInside(box, frame) || taken.some((other) => overlap(box, other) > 0)) return [];
    const covered = obstacles.reduce((sum, other) => sum + overlap(box, other), 0);
    const others = taken.filter((other) => other !== own);
    const unclear = others.some((other) =>
      place.far ? crosses(point, place, other) : gap(box, other) < gap(box, own),
    );
    const cost = costOf(place, rank) + covering * covered + (unclear ? misleading : 0);
    return [{ place, box, cost }];
  });
  return [...free.sort((a, b) => a.cost - b.cost), nowhere];
}

/** The rectangle that a label takes at a place. */
export function labelBox(
  { x, y, label }: NamedPoint,
  place: Pick<LabelPlace, 'dx' | 'dy' | 'anchor'>,
  frame: Frame,
): Box {
  const width = (label ?? '').length * frame.letterWidth;
  const shift = { start: 0, middle: width / 2, end: width }[place.anchor];
  const left = x + place.dx - shift;
  const middle = y + place.dy;
  const half = frame.lineHeight / 2;
  return { left, right: left + width, top: middle - half, bottom: middle + half };
}

/** Pixels between two boxes; 0 where they touch. */
function gap(a: Box, b: Box): number {
  const across = Math.max(0, a.left - b.right, b.left - a.right);
  const along = Math.max(0, a.top - b.bottom, b.top - a.bottom);
  return Math.hypot(across, along);
}

/** Whether the line from a point to a far name runs over a box. */
function crosses({ x, y }: NamedPoint, { dx, dy }: LabelPlace, box: Box): boolean {
  const steps = Math.ceil(Math.hypot(dx, dy) / 2);
  return Array.from({ length: steps }, (_, step) => step / steps).some((part) => {
    const [px, py] = [x + dx * part, y + dy * part];
    return px > box.left && px < box.right && py > box.top && py < box.bottom;
  });
}

const isInside = (box: Box, frame: Frame) =>
  box.left >= frame.left &&
  box.right <= frame.right &&
  box.top >= frame.top &&
  box.bottom <= frame.bottom;
