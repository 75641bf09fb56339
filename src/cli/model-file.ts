/** Writes the model of a card to the file that a person named, and tells what it is. */
import { type Artifact, readArtifact } from '../models/artifact.ts';
import { buildModel } from '../models/build.ts';
import { requireCard } from '../models/cards.ts';
import { importModel } from '../models/import/import-model.ts';
import { bytes } from '../report/numbers.ts';
import { writeJson, writeOut } from './out.ts';
import type { CliSettings } from './settings.ts';
import { whileWriting } from './while-writing.ts';

interface ModelFile {
  out: string;
  weights: { seed: number } | { checkpoint: string };
  /** Undefined leaves it to the size. */
  externalData: true | undefined;
  json: true | undefined;
}

type WeightsTold = { seed: number } | { checkpoint: string; naming: string; format: string };

export async function writeModelFile(
  id: string,
  { settings, ...file }: ModelFile & { settings: CliSettings },
): Promise<void> {
  requireCard(id);
  const { ci } = settings.environment;
  const { out: path, externalData, weights } = file;
  const told = await whileWriting({ label: id, unit: 'written', ci }, async (watching) => {
    const options = { path, ...(externalData && { externalData }), ...watching };
    if ('seed' in weights) {
      await buildModel(id, { ...options, weights });
      return weights;
    }
    return { ...weights, ...(await importModel(id, { ...options, ...weights })) };
  });
  await tellModel({ id, artifact: await readArtifact(path), weights: told }, file);
}

export async function tellModel(
  { id, artifact, weights }: { id: string; artifact: Artifact; weights: WeightsTold },
  { json }: { json?: true | undefined },
): Promise<void> {
  const { path, sha256 } = artifact;
  if (json) {
    await writeJson({ id, path, sha256, bytes: artifact.bytes, weights });
    return;
  }
  const lines = [
    ['model', id],
    ['weights', describeWeights(weights)],
    ['file', `${path}, ${bytes(artifact.bytes)}`],
    ['sha256', sha256],
  ];
  await writeOut(lines.map(([name, value]) => `${`${name}:`.padEnd(9)}${value}\n`).join(''));
}

function describeWeights(weights: WeightsTold): string {
  return 'seed' in weights
    ? `untrained, of seed ${weights.seed}: nothing but its speed and size can be measured`
    : `${weights.checkpoint}, ${weights.format}, named as by ${weights.naming}`;
}
