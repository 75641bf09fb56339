/** Where the names of a scatter plot's points go: over no other name and over no point, together as near as can be. */

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

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
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

/** What a place costs: its rank beside the point, or how far it is; no place at all costs more than any other can. */
const costOf = ({ dx, dy, far }: LabelPlace, rank: number) => (far ? Math.hypot(dx, dy) : rank);
const nameless = 1e4;
/** A name nearer to another point than to its own, or whose line runs over one, is taken for that one's. */
const misleading = 60;
/** A place over a soft obstacle costs this much for each square pixel that is covered. */
const covering = 0.05;

/** A place of one name; without a box it is left out. */
interface Candidate {
  place: LabelPlace | null;
  box: Box | null;
  cost: number;
}

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
  return solve(candidates).map(({ place }) => place);
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
): Candidate[] {
  const none: Candidate = { place: null, box: null, cost: nameless };
  if (point.label === null) return [none];
  const free = places.flatMap((place, rank): Candidate[] => {
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
  return [...free.sort((a, b) => a.cost - b.cost), none];
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

/** Square pixels. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
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

/** What is still open of the search: the candidates of each name, cheapest first. */
interface Node {
  open: readonly (readonly Candidate[])[];
  /** No solution within costs less. */
  bound: number;
}

/** Nodes after which the best one is settled name by name; the plots of the fourteen need a few hundred. */
const patience = 4000;

/**
 * The cheapest choice without a conflict, by best-first branch and bound: every name takes its cheapest candidate; where
 * two of these conflict, either the one is ruled out, or it stands and all that conflict with it are.
 */
function solve(candidates: readonly (readonly Candidate[])[]): Candidate[] {
  const queue: Node[] = [nodeOf(candidates)];
  for (let count = 0; ; count += 1) {
    const best = takeLeast(queue);
    const found = worstConflict(best.open);
    if (found === null) return best.open.map(([first]) => first);
    if (count === patience) return settle(best.open);
    queue.push(without(best, found), holding(best, found));
  }
}

function nodeOf(open: Node['open']): Node {
  return { open, bound: open.reduce((sum, [first]) => sum + first.cost, 0) };
}

/** The node with the least bound, the latest of equal ones; the queue is never empty. */
function takeLeast(queue: Node[]): Node {
  let least = queue.length - 1;
  for (let place = least - 1; place >= 0; place -= 1) {
    if (queue[place].bound < queue[least].bound) least = place;
  }
  return queue.splice(least, 1)[0];
}

const conflict = (a: Candidate, b: Candidate) => !!a.box && !!b.box && overlap(a.box, b.box) > 0;

/** The name of a conflict whose solution costs most, for it bounds best; null when there is no conflict. */
function worstConflict(open: Node['open']): number | null {
  let worst: { name: number; price: number } | null = null;
  const price = ([first, second]: readonly Candidate[]) =>
    second ? second.cost - first.cost : Number.POSITIVE_INFINITY;
  for (let a = 0; a < open.length; a += 1) {
    for (let b = a + 1; b < open.length; b += 1) {
      if (!conflict(open[a][0], open[b][0])) continue;
      const [name, least] =
        price(open[a]) <= price(open[b]) ? [a, price(open[a])] : [b, price(open[b])];
      if (!worst || least > worst.price) worst = { name, price: least };
    }
  }
  return worst?.name ?? null;
}

function without({ open }: Node, name: number): Node {
  return nodeOf(open.map((list, index) => (index === name ? list.slice(1) : list)));
}

function holding({ open }: Node, name: number): Node {
  const [held] = open[name];
  return nodeOf(
    open.map((list, index) =>
      index === name ? [held] : list.filter((candidate) => !conflict(candidate, held)),
    ),
  );
}

/** One name after the other at the cheapest place that those before it leave. */
function settle(open: Node['open']): Candidate[] {
  const settled: Candidate[] = [];
  for (const list of open) {
    const free = list.find((candidate) => settled.every((other) => !conflict(candidate, other)));
    settled.push(free ?? { place: null, box: null, cost: nameless });
  }
  return settled;
}
