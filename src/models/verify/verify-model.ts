/** Holds an artifact against its card. */
import { TopfiveError } from '../../errors.ts';
import { openGraph } from '../../onnx/graph-file.ts';
import { type Artifact, readArtifact } from '../artifact.ts';
import type { ModelCard } from '../cards/card.ts';
import type { Check } from './check.ts';
import { verifyAnswers } from './verify-answers.ts';
import { verifyGraph } from './verify-graph.ts';

export interface Verification {
  artifact: Artifact;
  checks: Check[];
}

/** @throws TopfiveError `model` when there is no artifact at all; whatever else is wrong with it is a check that fails */
export async function verifyModel(path: string, card: ModelCard): Promise<Verification> {
  const artifact = await readArtifact(path);
  const graph = await attempt('graph', async () => verifyGraph(await openGraph(path), card.id));
  const answers = await attempt('answers', () => verifyAnswers(artifact, card));
  return { artifact, checks: [...graph, ...answers] };
}

async function attempt(name: string, work: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TopfiveError)) throw error;
    return [{ name, status: 'fail', finding: error.message }];
  }
}
