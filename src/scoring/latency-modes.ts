/** How a latency measurement asks: three scenarios of MLPerf Inference, and the method of the seed's model page. */
import { fewestQueries } from './latency-percentile.ts';

export const latencyModeNames = ['single-stream', 'multi-stream', 'offline', 'seed'] as const;
export type LatencyMode = (typeof latencyModeNames)[number];

export interface ModeRules {
  /** The figure that the mode is about. */
  headline: 'p90' | 'p99' | 'imagesPerSecond' | 'mean';
  /** Images in a query of a cell with this batch; a query is answered by as many runs as it takes. */
  imagesPerQuery: (batch: number) => number;
  /** Fewest queries of a cell, its restarts together, for the headline to be valid. */
  fewestQueries: (batch: number) => number;
  /** Untimed runs and queries of each process where the method fixes them. */
  fixed: { warmUp: number; queries: number } | null;
  /** In a sentence for the report. */
  says: string;
}

/** MLPerf Inference, loadgen/mlperf.conf and early_stopping.cc; MultiStream has eight samples a query. */
const multiStreamImages = 8;
const offlineImages = 24_576;

export const latencyModes: Record<LatencyMode, ModeRules> = {
  'single-stream': {
    headline: 'p90',
    imagesPerQuery: (batch) => batch,
    fewestQueries: () => fewestQueries(900),
    fixed: null,
    says: 'MLPerf single-stream: the next query, one batch, follows when the last is answered; the figure is p90',
  },
  'multi-stream': {
    headline: 'p99',
    imagesPerQuery: () => multiStreamImages,
    fewestQueries: () => fewestQueries(990),
    fixed: null,
    says: 'MLPerf multi-stream: the next query, eight images, follows when the last is answered; the figure is p99',
  },
  offline: {
    headline: 'imagesPerSecond',
    imagesPerQuery: (batch) => batch,
    fewestQueries: (batch) => Math.ceil(offlineImages / batch),
    fixed: null,
    says: 'MLPerf offline: all images are there at once; the figure is images by the time of the last answer',
  },
  seed: {
    headline: 'mean',
    imagesPerQuery: (batch) => batch,
    fewestQueries: () => 500,
    // PaddleClas tools/infer/predict.py at 90dd4033: a loop of 510, its first ten untimed, the arithmetic mean.
    fixed: { warmUp: 10, queries: 500 },
    says: "PaddleClas' tools/infer/predict.py: ten runs untimed, 500 timed, their mean",
  },
};

/** Of an MLPerf submission, in seconds; nothing here needs so long, and every report says so. */
export const submissionSeconds = 600;
