/** What evaluating a shard is given, and what it tells while it works. */
import type { Manifest } from '../data/manifest.ts';
import type { Device } from '../onnx/device.ts';
import type { Fingerprint } from '../scoring/records.ts';
import type { Storage } from '../storage/storage.ts';
import type { Plan, PlannedModel } from './plan.ts';
import type { Classifier, PixelSource } from './ports.ts';

export interface ShardWork {
  plan: Plan;
  manifest: Manifest;
  /** Position in `plan.shards`. */
  shard: number;
  /** Position in `plan.groups`. */
  group: number;
}

export interface ShardProgress {
  /** Image × model pairs with a state, of `total`. */
  done: number;
  total: number;
  scored: number;
  failed: number;
}

export interface ShardTools {
  storage: Storage;
  pixels: PixelSource;
  /** Images whose pixels are prepared ahead of the models. */
  ahead: number;
  classifier: (model: PlannedModel) => Promise<Classifier & { provider: Device }>;
  versions: { runtime: string; decoder: string; topfive: string };
  fingerprint: Fingerprint;
  signal: AbortSignal;
  progress: (progress: ShardProgress) => void;
}
