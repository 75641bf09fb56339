/** What evaluating a shard needs from the outside; implemented in process here and with threads in workers/. */
import type { ManifestEntry } from '../data/manifest.ts';
import type { CropRule } from '../data/recipe.ts';
import type { ScoredRow } from '../scoring/rank.ts';
import type { ImageState } from '../scoring/records.ts';

/** The pixels of one image under each crop rule, in the order of the rules; or why there are none. */
export type PixelResult =
  | { crops: Uint8Array[]; sha256: string; readMs: number; pixelsMs: number }
  | { state: Exclude<ImageState, 'scored' | 'model-error'>; reason: string; sha256: string };

export interface PixelSource {
  /** Reads, decodes once and crops under every rule. Rejects only for errors that a retry may mend. */
  pixels(entry: ManifestEntry, rules: readonly CropRule[]): Promise<PixelResult>;
}

/** One image's answer: K best classes and the rank of its label; or why the model gave none. */
export type Answer = ScoredRow;

export interface Classifier {
  /** Rows of every batch; shorter batches are padded inside and the padding is never answered. */
  readonly batch: number;
  /**
   * Takes the crops over: their buffers may move to another thread.
   * @param crops uint8, crop × crop × 3, RGB
   * @param labels class indices of the manifest
   */
  classify(crops: Uint8Array[], labels: number[]): Promise<{ answers: Answer[]; inferMs: number }>;
}
