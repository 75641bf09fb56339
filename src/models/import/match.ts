/** Finds the naming of a checkpoint, and what is wrong between its tensors and a network's. */

import { quote } from '../../onnx/weights/quote.ts';
import type { WeightFile } from '../../onnx/weights/weight-file.ts';
import type { TensorSpec } from '../architectures/network.ts';
import type { Naming, Source } from './naming.ts';

type Stored = WeightFile['tensors'];

export interface Match {
  /** The naming's title, and the prefix where there is one. */
  naming: string;
  /** By the name of the network's tensor. */
  sources: ReadonlyMap<string, Source>;
  /** Tensors that the network wants and the checkpoint lacks. */
  missing: string[];
  /** Tensors of the checkpoint that the network has no place for. */
  unknown: string[];
  /** Tensors of both, in another shape or without fractions. */
  unfit: string[];
}

/** Written in front of every name by DataParallel, by a module around the network, by torch.compile. */
const wrappings = ['module.', 'model.', '_orig_mod.'];
/** Counters of training, and Paddle's table of names. */
const exempt = /(^|\.)num_batches_tracked$|^StructuredToParameterName@@$/;
/** Of each kind, in the sentence of an error; the rest is in its details. */
const mostNamed = 5;

/** @returns the match with the fewest differences; the first of `namings` wins a tie */
export function matchNaming(
  namings: readonly Naming[],
  { stored, wanted }: { stored: Stored; wanted: readonly TensorSpec[] },
): Match {
  const prefix = prefixOf([...stored.keys()]);
  const matches = namings.map((naming) => matchOne(naming, { stored, wanted, prefix }));
  return matches.reduce((best, match) => (differences(match) < differences(best) ? match : best));
}

/** That of all names, one wrapping inside another. */
function prefixOf([first = '', ...others]: readonly string[]): string {
  let prefix = '';
  for (;;) {
    const next = wrappings.find((each) => first.startsWith(prefix + each));
    if (next === undefined || !others.every((name) => name.startsWith(prefix + next)))
      return prefix;
    prefix += next;
  }
}

export function differences({ missing, unknown, unfit }: Match): number {
  return missing.length + unknown.length + unfit.length;
}

interface Sides {
  stored: Stored;
  wanted: readonly TensorSpec[];
  prefix: string;
}

function matchOne({ title, sourceOf }: Naming, { stored, wanted, prefix }: Sides): Match {
  const naming = prefix === '' ? title : `${title} with the prefix "${prefix}"`;
  const sources = new Map<string, Source>();
  const used = new Set<string>();
  const match: Match = { naming, sources, missing: [], unknown: [], unfit: [] };
  for (const { name, dims } of wanted) {
    const { name: bare, transposed } = sourceOf(name);
    const source = { name: `${prefix}${bare}`, transposed };
    sources.set(name, source);
    used.add(source.name);
    const found = stored.get(source.name);
    const shape = transposed ? dims.toReversed() : dims;
    if (!found) match.missing.push(`${quote(source.name)} [${shape.join(', ')}]`);
    else if (!sameShape(found.shape, shape) || !hasFractions(found.type)) {
      match.unfit.push(
        `${quote(source.name)} is ${found.type} [${found.shape.join(', ')}], not [${shape.join(', ')}]`,
      );
    }
  }
  for (const [name, { shape }] of stored) {
    if (!used.has(name) && !exempt.test(name)) {
      match.unknown.push(`${quote(name)} [${shape.join(', ')}]`);
    }
  }
  return match;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Integers would be quantised weights without their scales. */
function hasFractions(type: string): boolean {
  return type.includes('float');
}

const kindsOf = ({ missing, unknown, unfit }: Match): [string, string[]][] => [
  ['missing', missing],
  ['not known', unknown],
  ['of another shape or type', unfit],
];

/** @returns one clause, with at most a few of each kind by name */
export function describeDifferences(match: Match): string {
  return kindsOf(match)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind} ${names.length} (${listed(names)})`)
    .join('; ');
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed).join(', ');
  return names.length > mostNamed ? `${shown}, …` : shown;
}

/** @returns a line a difference, or none where the clause names them all */
export function listDifferences(match: Match): string[] {
  const kinds = kindsOf(match);
  if (kinds.every(([, names]) => names.length <= mostNamed)) return [];
  return kinds.flatMap(([kind, names]) => names.map((name) => `${kind}: ${name}`));
}
