/** Where everything of a run lies in storage: the only place that spells these keys. */
import type { ModelKey } from '../scoring/records.ts';

export const runsPrefix = 'runs/';

/** The answers of a model, within the run folder. */
export function predictionsFile({ id, precision }: ModelKey): string {
  return `predictions/${id}.${precision}.parquet`;
}

export function runKeys(runId: string) {
  const root = `${runsPrefix}${runId}/`;
  const modelDir = ({ id, precision }: ModelKey) => `${id}.${precision}`;
  return {
    root,
    /** What was submitted, and when. */
    run: `${root}run.json`,
    spec: `${root}spec.json`,
    plan: `${root}plan.json`,
    manifest: `${root}manifest.json`,
    /** Right classes of each image by further label sets. */
    labelSets: `${root}label-sets.json`,
    /** With early stop: what the baseline had right, and the gates. */
    earlyStop: `${root}early-stop.json`,
    /** Present once early stop is certain: holds how many shards decided it. */
    stopped: `${root}stopped.json`,
    /** Present once the run was cancelled; holds when. */
    cancelled: `${root}cancelled.json`,
    /** Present when the run itself failed; holds the reason. */
    failed: `${root}failed.json`,
    /** The run record; written last, so its presence means that the run folder is whole. */
    report: `${root}report.json`,
    /** Where the run's queue is while a coordinator carries it. */
    endpoint: `${root}endpoint.json`,
    coordinators: `${root}coordinators/`,
    /** Present once a coordinator has claimed the epoch. */
    coordinator: (epoch: number) => `${root}coordinators/${String(epoch).padStart(6, '0')}.json`,
    records: `${root}records/`,
    recordsOf: (model: ModelKey) => `${root}records/${modelDir(model)}/`,
    record: (model: ModelKey, shard: number) =>
      `${root}records/${modelDir(model)}/${String(shard).padStart(6, '0')}.json`,
    /** The batch size of a model, settled by the first worker that measures it. */
    batch: (model: ModelKey) => `${root}batches/${modelDir(model)}.json`,
    findings: `${root}findings/`,
    finding: (model: ModelKey, shard: number, digest: string) =>
      `${root}findings/${modelDir(model)}.${String(shard).padStart(6, '0')}.${digest.slice(0, 12)}.json`,
    /** The latency measured after the accuracy, or why there is none. */
    latency: `${root}latency.json`,
    predictions: (model: ModelKey) => root + predictionsFile(model),
  };
}

/** A latency measurement that is no part of a run; its id looks like a run's. */
export function latencyKeys(id: string) {
  const root = `latency/${id}/`;
  return { record: `${root}latency.json`, page: `${root}latency.md` };
}

export const copiesPrefix = 'artifacts/';

/** A file of an artifact that was brought from the machine of a submission, whatever its run. */
export function copyKey(sha256: string, name: string): string {
  return `${copiesPrefix}${sha256}/${name}`;
}

export const reusePrefix = 'cache/records/';

/** Pointer to a shard record that may be taken over under equal conditions. */
export function reuseKey(digest: string): string {
  return `${reusePrefix}${digest}.json`;
}

/** The batch size last settled for an artifact on a kind of device. */
export function batchKey(digest: string): string {
  return `cache/batches/${digest}.json`;
}
