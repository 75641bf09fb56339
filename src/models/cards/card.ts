/** What a model card is, and how one is made from a row of its family's table. */
import type { Recipe } from '../../data/recipe.ts';
import type { Convention } from '../../onnx/conventions.ts';
import type { Architecture } from '../architectures/architecture.ts';
import { sources } from './sources.ts';

/** Fractions. */
export interface Accuracy {
  top1: number;
  top5: number;
  source: string;
}

/** FLOPs and parameters as they are printed, and the rule that they were counted by. */
export interface PublishedCost {
  flops: number;
  params: number;
  convention: Convention;
  /** Figures that the rule does not give. */
  exceptions: readonly { figure: 'flops' | 'params'; reason: string }[];
  source: string;
}

/** Milliseconds a batch; null where the table has a dash. */
export interface Latency {
  device: 'V100' | 'T4';
  precision: 'fp32' | 'fp16';
  batch: number;
  ms: number | null;
}

export interface Checkpoint {
  publisher: 'PaddleClas' | 'Facebook' | 'FixRes' | 'lukemelas' | 'timm';
  url: string;
  licence: 'Apache-2.0' | 'CC-BY-NC-4.0';
  /** The licence forbids commercial use. */
  nonCommercial: boolean;
  /** The published accuracy was measured with these weights; others come from another training or conversion. */
  measured: boolean;
  /** First digits of the file's SHA-256, where the publisher puts them into its name. */
  sha256Prefix?: string;
}

export interface ModelCard {
  id: string;
  family: 'ResNeXt101_wsl' | 'EfficientNet';
  /** At the recipe's crop it is the model's graph. */
  architecture: Architecture;
  recipe: Recipe;
  classes: number;
  /** As they were first published. */
  published: Accuracy & {
    /** Of the fractions. */
    digits: 4;
    /** The same figures with three digits, as the model page prints them. */
    printed: Accuracy;
    /** Of the model's authors, as the model page prints them. */
    reference: Accuracy | null;
    /** How far a faithful evaluation may be from the figures, beside their rounding: a fraction. */
    tolerance: { fraction: number; source: string };
    cost: PublishedCost;
    latency: { cells: readonly Latency[]; source: string };
  };
  /** Where weights are published, those of the published accuracy first. */
  checkpoints: readonly Checkpoint[];
}

/** One model as the tables have it. */
export interface Row {
  id: string;
  architecture: Architecture;
  recipe: Recipe;
  /** Four digits, then three. */
  top1: [number, number];
  top5: [number, number];
  reference: [top1: number, top5: number] | null;
  /** FLOPs in 10⁹ and parameters in 10⁶, as printed. */
  flops: number;
  params: number;
  exceptions?: PublishedCost['exceptions'];
  /** Batch 1, in fp32. */
  v100: number;
  /** Batches 1, 4 and 8. */
  t4: Record<Latency['precision'], [number, number | null, number | null]>;
  checkpoints: readonly Checkpoint[];
}

export function cardOf(family: ModelCard['family'], row: Row): ModelCard {
  const { id, architecture, recipe, top1, top5, reference, checkpoints } = row;
  return {
    id,
    family,
    architecture,
    recipe,
    classes: 1000,
    published: {
      top1: top1[0],
      top5: top5[0],
      digits: 4,
      source: sources.accuracy,
      printed: { top1: top1[1], top5: top5[1], source: sources.page },
      reference: reference && { top1: reference[0], top5: reference[1], source: sources.page },
      tolerance,
      cost: costOf(row),
      latency: { cells: latencyOf(row), source: sources.latency },
    },
    checkpoints,
  };
}

/**
 * One tenth of a point. The pixels are those of the library that the figures were measured with; what is left are
 * its version, up to 80 images that the evaluation of 2019 may have left out, and the conversion of the weights.
 */
const tolerance = { fraction: 0.001, source: sources.tolerance };

/** The printed figures in single operations and parameters; rounding takes off what 10⁹ times a fraction adds. */
function costOf({ flops, params, exceptions = [] }: Row): PublishedCost {
  return {
    flops: Math.round(flops * 1e9),
    params: Math.round(params * 1e6),
    convention: 'paddle-model-stat-2019',
    exceptions,
    source: sources.page,
  };
}

const batches = [1, 4, 8];

function latencyOf({ v100, t4 }: Row): Latency[] {
  return [
    { device: 'V100', precision: 'fp32', batch: 1, ms: v100 },
    ...(['fp16', 'fp32'] as const).flatMap((precision) =>
      batches.map(
        (batch, place): Latency => ({ device: 'T4', precision, batch, ms: t4[precision][place] }),
      ),
    ),
  ];
}
