/** Opening a model before a run: whether the runtime takes it, what it gives, and how long an image takes. */
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import type { PlannedModel } from './plan.ts';

export interface TrialRequest extends Pick<PlannedModel, 'recipe' | 'normalisation'> {
  /** Of the ONNX file. */
  path: string;
}

export type Trial = Pick<PlannedModel, 'outputs' | 'fixedBatch' | 'secondsPerImage' | 'sumsToOne'>;

/** @throws TopfiveError `model` for a file that cannot be evaluated with this recipe */
export async function tryModel({ path, recipe, normalisation }: TrialRequest): Promise<Trial> {
  const session = await openClassifier(path, {
    threads: 1,
    device: 'cpu',
    expected: { side: recipe.crop, layout: recipe.layout },
    normalisation: normalisation === 'graph' ? recipe : undefined,
  });
  try {
    return {
      outputs: session.output.classes,
      fixedBatch: session.fixedBatch,
      sumsToOne: isDistribution(
        Array.from(session.firstRun.logits).slice(0, session.output.classes),
      ),
      secondsPerImage: await timeImage(session, { side: recipe.crop, normalisation }),
    };
  } finally {
    await session.close();
  }
}

/** A first run of so many seconds tells enough: what only it does is little beside the rest. */
const tellingRun = 0.5;

/** One run on zeros, the first or another: rough, and good enough to size shards. */
async function timeImage(
  session: ClassifierSession,
  { side, normalisation }: { side: number; normalisation: TrialRequest['normalisation'] },
): Promise<number> {
  const rows = session.fixedBatch ?? 1;
  const { seconds } = session.firstRun;
  if (seconds > tellingRun) return seconds / rows;
  const values = rows * 3 * side * side;
  const zeros = normalisation === 'graph' ? new Uint8Array(values) : new Float32Array(values);
  const started = performance.now();
  await session.run(zeros, rows);
  return (performance.now() - started) / 1000 / rows;
}

/** What float32 rounding leaves of a sum of a thousand probabilities; logits that come this near do so by no accident. */
const sumRounding = 1e-4;

function isDistribution(outputs: readonly unknown[]): boolean {
  const values = outputs.map(Number);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.every((value) => value >= 0) && Math.abs(sum - 1) < sumRounding;
}
