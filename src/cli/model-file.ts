/** Writes the model of a card to the file that a person named, and tells what it is. */
import { type Artifact, readArtifact } from '../models/artifact.ts';
import { buildModel } from '../models/build.ts';
import { requireCard } from '../models/cards.ts';
import { importModel } from '../models/import/import-model.ts';
import { bytes } from '../report/numbers.ts';
import { tell, writeJson, writeOut } from './out.ts';
import type { CliSettings } from './settings.ts';
import { whileWriting } from './while-writing.ts';

interface ModelFile {
  out: string;
  weights: { seed: number } | { checkpoint: string };
  /** Undefined leaves it to the size. */
  externalData: true | undefined;
  json: true | undefined;
}

type WeightsTold =
  | { seed: number }
  /** `sha256` of the checkpoint, where it was taken. */
  | { checkpoint: string; sha256?: string; naming: string; format: string };

export async function writeModelFile(
  id: string,
  { settings, ...file }: ModelFile & { settings: CliSettings },
): Promise<void> {
  requireCard(id);
  const { ci } = settings.environment;
  const { out: path, externalData, weights } = file;
  const told = await whileWriting({ label: id, ci }, async ({ signal, progressOf }) => {
    const onProgress = progressOf('written');
    const options = { path, ...(externalData && { externalData }), signal, onProgress };
    if ('seed' in weights) {
      await buildModel(id, { ...options, weights });
      return weights;
    }
    return { ...weights, ...(await importModel(id, { ...options, ...weights })) };
  });
  await tellModel({ id, artifact: await readArtifact(path), weights: told }, file);
}

export function tellWaiting(pid: number): void {
  tell(`process ${pid} makes it already; waiting for it`);
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
  if ('seed' in weights) {
    return `untrained, of seed ${weights.seed}: nothing but speed and size can be measured`;
  }
  const { checkpoint, sha256, naming, format } = weights;
  const digest = sha256 === undefined ? '' : `, SHA-256 ${sha256}`;
  return `${checkpoint}, ${format}, named as by ${naming}${digest}`;
}
