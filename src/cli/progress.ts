/** Progress on stderr: bars in a terminal, a line every few seconds elsewhere. */
import cliProgress from 'cli-progress';
import { bytes, counted, duration, grouped } from '../report/numbers.ts';
import type { Watched } from '../runs/watch.ts';
import { openPace, type Pace } from './pace.ts';

/** What is counted: a model of a run, the images of a dataset, or the bytes of a file. */
export interface Row {
  label: string;
  done: number;
  expected: number;
  failed: number;
}

export interface Progress {
  /** @param seconds since the counting began */
  update(rows: Row[], seconds: number): void;
  /** A message that must not tear the bars apart. */
  line(text: string): void;
  stop(): void;
}

export interface ProgressTarget {
  stream: NodeJS.WritableStream & { isTTY?: boolean; rows?: number };
  /** True where a log is kept instead of a screen. */
  ci: boolean;
  /** What the rows count together; default images × models. */
  unit?: string;
  /** Default images. */
  measure?: Measure;
}

const measures = {
  images: { amount: grouped, rate: (rate: number) => `${rate.toFixed(0)} images/s` },
  bytes: { amount: bytes, rate: (rate: number) => `${bytes(Math.round(rate))}/s` },
} as const;
type Measure = keyof typeof measures;

/** Time between two plain lines, in seconds. */
const quietSeconds = 5;

export function openProgress(target: ProgressTarget): Progress {
  return target.stream.isTTY === true && !target.ci ? openBars(target) : openLines(target);
}

/** A row a model of the run. */
export function runRows({ models }: Pick<Watched, 'models'>): Row[] {
  const several = new Set(models.map(({ precision }) => precision)).size > 1;
  return models.map(({ id, precision, doneNow: done, expected, failed }) => ({
    label: several ? `${id} (${precision})` : id,
    done,
    expected,
    failed,
  }));
}

function sumOf(rows: Row[]): Row {
  const sum = { label: counted(rows.length, 'model'), done: 0, expected: 0, failed: 0 };
  for (const { done, expected, failed } of rows) {
    sum.done += done;
    sum.expected += expected;
    sum.failed += failed;
  }
  return sum;
}

function openLines({
  stream,
  unit = 'images × models',
  measure = 'images',
}: ProgressTarget): Progress {
  const { amount } = measures[measure];
  const pace = openPace();
  let toldAt = 0;
  let toldDone = 0;
  const line = (text: string) => stream.write(`${text}\n`);
  return {
    update(rows, seconds) {
      const sum = sumOf(rows);
      const speed = pace(sum.done, { expected: sum.expected, seconds });
      if (seconds - toldAt < quietSeconds || sum.done === toldDone) return;
      toldAt = seconds;
      toldDone = sum.done;
      const percent = Math.floor((100 * sum.done) / Math.max(1, sum.expected));
      const share = `${amount(sum.done)} of ${amount(sum.expected)} ${unit} (${percent}%)`;
      line(`${share}, ${speedText(speed, { ...sum, measure })}`);
    },
    line,
    stop() {},
  };
}

function speedText(
  { rate, left }: Pace,
  { done, expected, failed, measure }: Row & { measure: Measure },
): string {
  const remaining = left === undefined || done >= expected ? '' : `, ${duration(left)} left`;
  const trouble = failed > 0 ? `, ${grouped(failed)} failed` : '';
  return `${measures[measure].rate(rate)}${remaining}${trouble}`;
}

function openBars({ stream, measure = 'images' }: ProgressTarget): Progress {
  const bars = new cliProgress.MultiBar({
    stream,
    format: renderBar,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
    emptyOnZero: true,
    fps: 5,
  });
  const shown: { bar: cliProgress.SingleBar; pace: ReturnType<typeof openPace> }[] = [];
  return {
    update(rows, seconds) {
      for (const [index, row] of fitted(rows, stream.rows || 24).entries()) {
        shown[index] ??= { bar: bars.create(row.expected, 0, { row, measure }), pace: openPace() };
        const { bar, pace } = shown[index];
        const { done, expected } = row;
        bar.update(done, { row, measure, pace: pace(done, { expected, seconds }) });
      }
    },
    line: (text) => bars.log(`${text}\n`),
    stop: () => bars.stop(),
  };
}

/** Rows with labels of one width; a single one where they would not fit on the screen. */
function fitted(rows: Row[], height: number): Row[] {
  if (rows.length > height - 4) return [sumOf(rows)];
  const width = Math.max(...rows.map(({ label }) => label.length));
  return rows.map((row) => ({ ...row, label: row.label.padEnd(width) }));
}

function renderBar(
  options: cliProgress.Options,
  { progress }: cliProgress.Params,
  {
    row,
    measure,
    pace = { rate: 0, left: undefined },
  }: { row: Row; measure: Measure; pace?: Pace },
): string {
  const { amount } = measures[measure];
  const bar = cliProgress.Format.BarFormat(progress, options);
  const percent = `${Math.floor(progress * 100)}%`.padStart(4);
  const counts = `${amount(row.done)}/${amount(row.expected)}`;
  return `${row.label} ${bar} ${percent}  ${counts}  ${speedText(pace, { ...row, measure })}`;
}
