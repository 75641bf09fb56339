/** Runs and models that do not belong together: one sentence for each reason, with what differs and how to go on. */
import { modelChanges } from '../scoring/changes.ts';
import { tellCoverage } from '../scoring/join.ts';
import type { ModelResult, RunRecord } from '../scoring/run-record.ts';
import type { Pair } from './pair-models.ts';

/** Differences that a person may allow, each with what it lets pass. */
export const allowances = {
  recipe: 'other recipes',
  coverage: 'images that only one run could answer; they count as wrong',
  images: 'files of other sizes under the same keys and labels',
  devices: 'a run on several device models',
} as const;
export type Allowance = keyof typeof allowances;
export type Allowed = ReadonlySet<Allowance>;

const orAllow = (allowance: Allowance) => `, unless --allow ${allowance}`;

/** Why a run cannot take part. */
export function refuseRun(
  { status, reasons, environment }: RunRecord,
  { side, allowed }: { side: string; allowed: Allowed },
): string[] {
  if (status === 'invalid') {
    const [first] = reasons;
    const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
    return [`The ${side} is an invalid run: ${first ?? 'it does not say why'}${more}.`];
  }
  if (status === 'stopped-early') {
    return [`The ${side} was stopped early: it has no answer to a part of the images.`];
  }
  const devices = [...new Set(environment.workers.map(({ device }) => device))];
  return devices.length > 1 && !allowed.has('devices')
    ? [
        `The ${side} ran on ${devices.length} device models (${devices.join('; ')}), whose answers may differ; repeat it on one${orAllow('devices')}.`,
      ]
    : [];
}

/** Why two models cannot be compared, before their answers are read; another tool's recipe is not known. */
export function refuseRecipes(
  { baseline, candidate }: Pair<ModelResult | null, ModelResult>,
  allowed: Allowed,
): string[] {
  if (!baseline || baseline.recipe.digest === candidate.recipe.digest || allowed.has('recipe')) {
    return [];
  }
  const fields = modelChanges(baseline, candidate)
    .filter(({ what }) => what.startsWith('recipe.'))
    .map((change) => `${change.what.slice(7)} ${change.baseline} and ${change.candidate}`);
  return [
    `The recipes differ (${fields.join('; ')}), so the models saw other pixels; use one recipe${orAllow('recipe')}.`,
  ];
}

export function refuseCoverage(
  columns: Parameters<typeof tellCoverage>[0],
  allowed: Allowed,
): string[] {
  const difference = allowed.has('coverage') ? null : tellCoverage(columns);
  return difference === null
    ? []
    : [`${difference.slice(0, -1)}; mend the images${orAllow('coverage')}.`];
}

/** Sizes of the images' files by key; undefined for a run without its manifest. */
export type ImageSizes = ReadonlyMap<string, number | null> | undefined;

/** Why datasets of the same keys and labels, but of another digest, are not the same images. */
export function refuseImages(
  baseline: ImageSizes,
  { candidate, allowed }: { candidate: ImageSizes; allowed: Allowed },
): string[] {
  if (allowed.has('images')) return [];
  if (!baseline || !candidate) {
    return [
      `The dataset digests differ though keys and labels are the same: files differ in size, or in order; name both runs by their ids to see which${orAllow('images')}.`,
    ];
  }
  const differing = [...baseline.keys()].filter((key) => baseline.get(key) !== candidate.get(key));
  if (differing.length === 0) return [];
  const [first] = differing;
  const size = (bytes: number | null | undefined) => (bytes == null ? 'none' : `${bytes} bytes`);
  return [
    `${differing.length} of the images are other files: ${first} has ${size(baseline.get(first))} in the baseline, but ${size(candidate.get(first))} in the candidate; use the same files${orAllow('images')}.`,
  ];
}
