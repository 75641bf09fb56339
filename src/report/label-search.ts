/** The cheapest choice of one place for each name, no two of which overlap: branch and bound over boxes. */

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A place of one name, what it covers, and what it costs; without a box the name is left out. */
export interface Candidate<Place> {
  place: Place | null;
  box: Box | null;
  cost: number;
}

/** No place at all costs more than any other can. */
export const nowhere = { place: null, box: null, cost: 1e4 } as const;

/** Square pixels. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

/** The candidates of each name, cheapest first. */
type Open<Place> = readonly (readonly Candidate<Place>[])[];

/** What is still open of the search. */
interface Node<Place> {
  open: Open<Place>;
  /** No solution within costs less. */
  bound: number;
}

/** Nodes after which the best one is settled name by name; the plots of the fourteen need a few hundred. */
const patience = 4000;

/**
 * The cheapest choice without a conflict, by best-first branch and bound: every name takes its cheapest candidate; where
 * two of these conflict, either the one is ruled out, or it stands and all that conflict with it are.
 */
export function choose<Place>(candidates: Open<Place>): Candidate<Place>[] {
  const queue: Node<Place>[] = [nodeOf(candidates)];
  for (let count = 0; ; count += 1) {
    const best = takeLeast(queue);
    const found = worstConflict(best.open);
    if (found === null) return best.open.map(([first]) => first);
    if (count === patience) return settle(best.open);
    queue.push(without(best, found), holding(best, found));
  }
}

function nodeOf<Place>(open: Open<Place>): Node<Place> {
  return { open, bound: open.reduce((sum, [first]) => sum + first.cost, 0) };
}

/** The node with the least bound, the latest of equal ones; the queue is never empty. */
function takeLeast<Place>(queue: Node<Place>[]): Node<Place> {
  let least = queue.length - 1;
  for (let place = least - 1; place >= 0; place -= 1) {
    if (queue[place].bound < queue[least].bound) least = place;
  }
  return queue.splice(least, 1)[0];
}

const conflict = (a: Candidate<unknown>, b: Candidate<unknown>) =>
  !!a.box && !!b.box && overlap(a.box, b.box) > 0;

/** The name of a conflict whose solution costs most, for it bounds best; null when there is no conflict. */
function worstConflict(open: Open<unknown>): number | null {
  let worst: { name: number; price: number } | null = null;
  const price = ([first, second]: readonly Candidate<unknown>[]) =>
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

function without<Place>({ open }: Node<Place>, name: number): Node<Place> {
  return nodeOf(open.map((list, index) => (index === name ? list.slice(1) : list)));
}

function holding<Place>({ open }: Node<Place>, name: number): Node<Place> {
  const [held] = open[name];
  return nodeOf(
    open.map((list, index) =>
      index === name ? [held] : list.filter((candidate) => !conflict(candidate, held)),
    ),
  );
}

/** One name after the other at the cheapest place that those before it leave. */
function settle<Place>(open: Open<Place>): Candidate<Place>[] {
  const settled: Candidate<Place>[] = [];
  for (const list of open) {
    const free = list.find((candidate) => settled.every((other) => !conflict(candidate, other)));
    settled.push(free ?? nowhere);
  }
  return settled;
}
