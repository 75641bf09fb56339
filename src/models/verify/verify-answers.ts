/** What an artifact answers: any batch, finite logits that differ, and those of another framework where they are known. */
import { openClassifier } from '../../onnx/session.ts';
import type { ModelCard } from '../cards/card.ts';
import type { Check } from './check.ts';
import { goldenInput, goldenLogits } from './golden-logits.ts';

/** Relative to the largest logit: float32 in another order of operations. */
const tolerance = 1e-4;

/** @throws TopfiveError `model` for a file that does not load, or whose input or classes are not the card's */
export async function verifyAnswers(
  { path, sha256 }: { path: string; sha256: string },
  { recipe, classes }: ModelCard,
): Promise<Check[]> {
  const { crop: side, layout } = recipe;
  const expected = { side, layout, classes };
  const session = await openClassifier(path, { threads: 1, device: 'cpu', expected });
  try {
    const image = goldenInput(side);
    const rows = session.fixedBatch ?? 2;
    const batch = new Float32Array(rows * image.length);
    for (let row = 0; row < rows; row += 1) {
      batch.set(row % 2 === 0 ? image : image.toReversed(), row * image.length);
    }
    const logits = await session.run(batch, rows);
    return [
      { name: 'input', status: 'ok', finding: `float32 [N, 3, ${side}, ${side}]` },
      { name: 'classes', status: 'ok', finding: String(session.output.classes) },
      {
        name: 'batch',
        status: session.fixedBatch === null ? 'ok' : 'fail',
        finding: session.fixedBatch === null ? 'any' : `${rows} alone, but any was expected`,
      },
      checkLogits(logits, classes),
      checkGolden(sha256, logits),
    ];
  } finally {
    await session.close();
  }
}

function checkLogits(logits: Float32Array, classes: number): Check {
  const name = 'forward pass';
  const wrong = logits.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const finding = `logit ${wrong % classes} is ${logits[wrong]}`;
    return { name, status: 'fail', finding };
  }
  const row = logits.subarray(0, classes);
  const mean = row.reduce((sum, value) => sum + value, 0) / classes;
  const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / classes);
  const spread = `finite logits, standard deviation ${deviation.toPrecision(3)}`;
  if (deviation > 0) return { name, status: 'ok', finding: spread };
  return { name, status: 'fail', finding: `${spread}: all classes are the same to it` };
}

function checkGolden(sha256: string, logits: Float32Array): Check {
  const name = 'golden logits';
  const golden = goldenLogits.find((each) => each.sha256 === sha256);
  if (!golden) return { name, status: 'skip', finding: 'none are known of this artifact' };
  const largest = Math.max(...golden.logits.map(Math.abs));
  const error = Math.max(...golden.logits.map((value, index) => Math.abs(value - logits[index])));
  const finding = `within ${(error / largest).toExponential(1)} of ${golden.source}`;
  return { name, status: error <= tolerance * largest ? 'ok' : 'fail', finding };
}
