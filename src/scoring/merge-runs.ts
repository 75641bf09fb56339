/** Runs of different models on the same images, as one record: for a page that none of them alone could fill. */
import type { LatencyRecord, RunLatency } from './latency-record.ts';
import type { RunRecord } from './run-record.ts';

/** One sentence for each reason why the runs do not belong on one page. */
export type MergedRuns = { record: RunRecord } | { reasons: string[] };

/** @param records at least one; a single one stays as it is */
export function mergeRuns(records: readonly RunRecord[]): MergedRuns {
  const [first, ...others] = records;
  if (others.length === 0) return { record: first };
  const reasons = [...unfit(records), ...otherImages(records), ...repeatedModels(records)];
  return reasons.length > 0 ? { reasons } : { record: merged(records) };
}

function unfit(records: readonly RunRecord[]): string[] {
  return records.flatMap(({ runId, status }) => {
    if (status === 'complete') return [];
    const state = status === 'invalid' ? 'is invalid' : 'was stopped early';
    return [`${runId} ${state}, and a page of several runs holds complete ones: leave it out`];
  });
}

function otherImages([first, ...others]: readonly RunRecord[]): string[] {
  return others.flatMap(({ runId, dataset }) =>
    dataset.digest === first.dataset.digest
      ? []
      : [
          `${runId} and ${first.runId} are about other images: their manifests have the digests ${dataset.digest.slice(0, 12)} and ${first.dataset.digest.slice(0, 12)}`,
        ],
  );
}

function repeatedModels(records: readonly RunRecord[]): string[] {
  const places = new Map<string, string>();
  return records.flatMap(({ runId, models }) =>
    models.flatMap(({ id, precision }) => {
      const name = `${id} in ${precision}`;
      const earlier = places.get(name);
      places.set(name, runId);
      return earlier === undefined
        ? []
        : [
            `${name} is in ${earlier} and in ${runId}: a model stands on a page once, so leave one out`,
          ];
    }),
  );
}

function merged(records: readonly RunRecord[]): RunRecord {
  const [first] = records;
  const listed = (of: (record: RunRecord) => string) => [...new Set(records.map(of))].join('; ');
  const instants = (of: (record: RunRecord) => string) => records.map(of).sort();
  const wallSeconds = records.reduce((sum, { timings }) => sum + timings.wallSeconds, 0);
  const images = records.reduce(
    (sum, { timings }) => sum + timings.wallSeconds * timings.imagesPerSecond,
    0,
  );
  return {
    schemaVersion: 1,
    status: 'complete',
    reasons: [],
    runId: records.map(({ runId }) => runId).join('+'),
    name: listed(({ name }) => name),
    topfive: listed(({ topfive }) => topfive),
    createdAt: instants(({ createdAt }) => createdAt)[0],
    finishedAt: instants(({ finishedAt }) => finishedAt).at(-1) ?? first.finishedAt,
    dataset: first.dataset,
    models: records.flatMap(({ models }) => models),
    series: records.map(({ series }) => series).find((series) => series.length > 0) ?? [],
    precisions: records.flatMap(({ precisions }) => precisions),
    environment: {
      workers: mergedWorkers(records),
      runtime: listed(({ environment }) => environment.runtime),
      decoder: listed(({ environment }) => environment.decoder),
    },
    latency: mergedLatency(records),
    timings: { wallSeconds, imagesPerSecond: images / Math.max(wallSeconds, 1e-3) },
    spec: null,
    mergedFrom: records.map(({ runId, name, spec }) => ({ runId, name, spec })),
  };
}

function mergedWorkers(records: readonly RunRecord[]): RunRecord['environment']['workers'] {
  const found = new Map<string, RunRecord['environment']['workers'][number]>();
  for (const { records: count, ...worker } of records.flatMap((one) => one.environment.workers)) {
    const same = JSON.stringify(worker);
    found.set(same, { ...worker, records: count + (found.get(same)?.records ?? 0) });
  }
  return [...found.values()];
}

/** Cells stand side by side only when they were measured in the same way on the same machine. */
function mergedLatency(records: readonly RunRecord[]): RunLatency | null {
  const given = records.flatMap(({ latency }) => latency ?? []);
  const measured = given.filter((latency) => latency.kind === 'latency');
  if (measured.length === 0) return given.at(0) ?? null;
  const [first, ...others] = measured;
  if (others.some((other) => methodOf(other) !== methodOf(first))) {
    const reason =
      'the runs measured latency on different machines or in different ways, so the figures do not stand in one table';
    return { kind: 'unmeasured', reason };
  }
  return { ...first, cells: measured.flatMap(({ cells }) => cells) };
}

function methodOf({ mode, restarts, limits, spans, environment }: LatencyRecord): string {
  return JSON.stringify({ mode, restarts, limits, spans, environment });
}
