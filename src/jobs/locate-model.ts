/** Where the ONNX file of a model of a spec lies: named in the spec, or imported for its card. */
import { readCacheSettings } from '../config.ts';
import { TopfiveError } from '../errors.ts';
import { findCardArtifact } from '../models/card-artifact.ts';
import { findCard } from '../models/cards.ts';
import { openArtifactCache } from '../storage/artifact-cache.ts';
import type { ModelRequest } from './spec.ts';

/** @throws TopfiveError `model` when there is none, with the ways to get one */
export async function locateModel({ id, onnx, card = id }: ModelRequest): Promise<string> {
  if (onnx !== undefined) return onnx;
  if (!findCard(card)) {
    throw new TopfiveError(
      'model',
      `model "${id}" has no artifact: name its ONNX file with onnx: FILE in the spec, or --model ${id}=FILE.onnx`,
    );
  }
  const cache = openArtifactCache(readCacheSettings());
  const found = await findCardArtifact(cache, card);
  if (found && found !== 'removed') return found.artifact.path;
  const why =
    found === 'removed' ? `was removed from the cache ${cache.root}` : 'is not on this machine';
  throw new TopfiveError(
    'model',
    `the artifact of ${card} ${why}: "topfive models pull ${card}" downloads its weights, "topfive models import ${card} --weights FILE" takes a checkpoint that is here; or name an ONNX file with onnx: FILE ("topfive models build ${card} --out FILE" writes an untrained one)`,
  );
}
