/** One model's pass over one shard: crops gather into batches, answers land in manifest order. */
import type { ManifestEntry } from '../data/manifest.ts';
import { type Failure, type ImageState, K, type Predictions } from '../scoring/records.ts';
import type { Answer, Classifier, PixelResult } from './ports.ts';

/** Batches of one model that may wait for inference at a time; bounds memory and keeps the model busy. */
const batchesUnderWay = 2;

export interface PassResult {
  predictions: Predictions;
  failures: Failure[];
  /** Scored images where another class has exactly the label's score. */
  ties: number;
  inferMs: number;
}

export interface ModelPass {
  /** Takes the pixels of image `index` of the shard; resolves when there is room for the next. */
  add(index: number, pixels: PixelResult): Promise<void>;
  /** Images with a state so far. */
  settled(): { scored: number; failed: number };
  finish(): Promise<PassResult>;
}

interface Waiting {
  index: number;
  crop: Uint8Array;
}

export interface PassOptions {
  classifier: Classifier;
  /** Position of the model's crop rule among the crops of each PixelResult. */
  rule: number;
  /** Whether another pass uses the same crops: the classifier then gets copies, since it takes over what it is given. */
  shared: boolean;
}

export function startPass(
  entries: readonly ManifestEntry[],
  { classifier, rule, shared }: PassOptions,
): ModelPass {
  const images = entries.length;
  const states = new Array<ImageState>(images);
  const ranks = new Array<number>(images).fill(0);
  const classes = new Array<number>(images * K).fill(-1);
  const probabilities = new Array<number>(images * K).fill(0);
  const reasons = new Map<number, string>();
  const counts = { scored: 0, failed: 0 };
  let ties = 0;
  let inferMs = 0;
  let waiting: Waiting[] = [];
  const underWay = new Set<Promise<void>>();

  function fail(index: number, state: Exclude<ImageState, 'scored'>, reason: string): void {
    states[index] = state;
    reasons.set(index, reason);
    counts.failed += 1;
  }

  function settle(index: number, answer: Answer): void {
    if ('reason' in answer) {
      fail(index, 'model-error', answer.reason);
      return;
    }
    states[index] = 'scored';
    ranks[index] = answer.rank;
    ties += answer.tied ? 1 : 0;
    for (let k = 0; k < answer.classes.length; k += 1) {
      classes[index * K + k] = answer.classes[k];
      probabilities[index * K + k] = answer.probabilities[k];
    }
    counts.scored += 1;
  }

  async function classify(batch: Waiting[]): Promise<void> {
    const result = await classifier.classify(
      batch.map(({ crop }) => crop),
      batch.map(({ index }) => entries[index].label),
    );
    inferMs += result.inferMs;
    for (const [row, { index }] of batch.entries()) settle(index, result.answers[row]);
  }

  async function send(): Promise<void> {
    const batch = waiting;
    waiting = [];
    const sent = classify(batch).finally(() => underWay.delete(sent));
    sent.catch(() => {});
    underWay.add(sent);
    if (underWay.size >= batchesUnderWay) await Promise.race(underWay);
  }

  return {
    async add(index, pixels) {
      if ('state' in pixels) {
        fail(index, pixels.state, pixels.reason);
        return;
      }
      const crop = pixels.crops[rule];
      waiting.push({ index, crop: shared ? crop.slice() : crop });
      if (waiting.length === classifier.batch) await send();
    },
    settled: () => ({ ...counts }),
    async finish() {
      if (waiting.length > 0) await send();
      await Promise.all(underWay);
      const failures = [...reasons.entries()]
        .sort(([a], [b]) => a - b)
        .map(([index, reason]) => ({
          key: entries[index].key,
          state: states[index] as Failure['state'],
          reason,
        }));
      return { predictions: { states, ranks, classes, probabilities }, failures, ties, inferMs };
    },
  };
}
