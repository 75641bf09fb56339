/** Which runs of a store are kept, and why: pure. */

export interface RetentionRules {
  /** Runs that were submitted within so many days are kept. */
  days: number;
  /** Of each name the last so many runs are kept. */
  runs: number;
}

/** What is known of a run; one whose submission broke off has no name. */
export interface StoredRun {
  runId: string;
  name: string | null;
  /** Null where neither the run nor its id says. */
  createdAt: string | null;
  /** Unfinished ones can go on; broken ones never were submitted whole; others may be of another version. */
  state: 'ended' | 'unfinished' | 'broken' | 'unreadable';
  /** Runs from which it took over results, and which its report names. */
  reusedFrom: string[];
  /** SHA-256 of what it evaluates, or of what that was made of. */
  artifacts: string[];
}

export type KeepReason =
  | 'recent'
  | 'last'
  | 'unfinished'
  | 'unreadable'
  | 'baseline'
  | 'acknowledged'
  | 'history'
  | 'schedule'
  | 'reuse';

export interface Retention {
  gone: StoredRun[];
  /** With every reason for which it is kept. */
  kept: (StoredRun & { reasons: KeepReason[] })[];
}

const dayMs = 86_400_000;

/**
 * @param runs oldest first
 * @param options.named runs that something names that lasts: baselines, their acknowledgements, histories, schedules
 */
export function judgeRetention(
  runs: readonly StoredRun[],
  {
    rules,
    named,
    now,
  }: { rules: RetentionRules; named: ReadonlyMap<string, ReadonlySet<KeepReason>>; now: Date },
): Retention {
  const last = lastOfEachName(runs, rules.runs);
  const reasons = new Map<string, Set<KeepReason>>();
  for (const run of runs) {
    const own = new Set(named.get(run.runId));
    if (run.state === 'unfinished' || run.state === 'unreadable') own.add(run.state);
    if (isRecent(run, { days: rules.days, now })) own.add('recent');
    if (last.has(run.runId)) own.add('last');
    reasons.set(run.runId, own);
  }
  // What a kept run names is kept, and so on.
  const open = runs.filter(({ runId }) => reasons.get(runId)?.size);
  const byId = new Map(runs.map((run) => [run.runId, run]));
  for (let run = open.pop(); run; run = open.pop()) {
    for (const source of run.reusedFrom.filter((id) => id !== run?.runId)) {
      const own = reasons.get(source);
      const found = byId.get(source);
      if (!own || !found || own.has('reuse')) continue;
      if (own.size === 0) open.push(found);
      own.add('reuse');
    }
  }
  const why = ({ runId }: StoredRun) => [...(reasons.get(runId) ?? [])];
  return {
    gone: runs.filter((run) => why(run).length === 0),
    kept: runs.flatMap((run) => (why(run).length > 0 ? { ...run, reasons: why(run) } : [])),
  };
}

function isRecent({ createdAt }: StoredRun, { days, now }: { days: number; now: Date }): boolean {
  return createdAt === null || Date.parse(createdAt) > now.getTime() - days * dayMs;
}

function lastOfEachName(runs: readonly StoredRun[], count: number): Set<string> {
  const seen = new Map<string, number>();
  const last = new Set<string>();
  for (const { runId, name, state } of runs.toReversed()) {
    if (name === null || state !== 'ended') continue;
    const before = seen.get(name) ?? 0;
    if (before < count) last.add(runId);
    seen.set(name, before + 1);
  }
  return last;
}
