/** Where the names of a scatter plot's points go: beside their point, over nothing else where that can be. */

export interface LabelledPoint {
  /** Pixels. */
  x: number;
  y: number;
  label: string;
}

export interface LabelPlace {
  /** From the point to the label's anchor, pixels. */
  dx: number;
  dy: number;
  anchor: 'start' | 'middle' | 'end';
}

export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  letterWidth: number;
  lineHeight: number;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** In the order of preference. */
const places: readonly LabelPlace[] = [
  { dx: 9, dy: 0, anchor: 'start' },
  { dx: -9, dy: 0, anchor: 'end' },
  { dx: 8, dy: 12, anchor: 'start' },
  { dx: -8, dy: -12, anchor: 'end' },
  { dx: 8, dy: -12, anchor: 'start' },
  { dx: -8, dy: 12, anchor: 'end' },
  { dx: 0, dy: 20, anchor: 'middle' },
  { dx: 0, dy: -20, anchor: 'middle' },
];

/** Half the side of a point's own box. */
const pointSize = 6;

/** One place a point, first come, first served; a point for which no place is free takes the least covered one. */
export function placeLabels(points: readonly LabelledPoint[], frame: Frame): LabelPlace[] {
  const taken: Box[] = points.map(({ x, y }) => ({
    left: x - pointSize,
    right: x + pointSize,
    top: y - pointSize,
    bottom: y + pointSize,
  }));
  return points.map((point) => {
    const tried = places.map((place) => {
      const box = labelBox(point, place, frame);
      const covered = taken.reduce((sum, other) => sum + overlap(box, other), outside(box, frame));
      return { place, box, covered };
    });
    const best = tried.reduce((least, next) => (next.covered < least.covered ? next : least));
    taken.push(best.box);
    return best.place;
  });
}

/** The rectangle that a label takes at a place. */
export function labelBox({ x, y, label }: LabelledPoint, place: LabelPlace, frame: Frame): Box {
  const width = label.length * frame.letterWidth;
  const shift = { start: 0, middle: width / 2, end: width }[place.anchor];
  const left = x + place.dx - shift;
  const middle = y + place.dy;
  const half = frame.lineHeight / 2;
  return { left, right: left + width, top: middle - half, bottom: middle + half };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

function outside(box: Box, frame: Frame): number {
  const area = (box.right - box.left) * (box.bottom - box.top);
  return area - overlap(box, frame);
}
