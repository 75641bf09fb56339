/** Where the ONNX file of a model lies on this machine: named in the spec, downloaded, or imported for its card. */
import { readCacheSettings } from '../config.ts';
import { TopfiveError } from '../errors.ts';
import {
  type Artifact,
  checkArtifact,
  expectArtifact,
  isUntouched,
  readArtifact,
} from '../models/artifact.ts';
import { findCardArtifact } from '../models/card-artifact.ts';
import { findCard } from '../models/cards.ts';
import { fetchArtifact } from '../models/remote-artifact.ts';
import { openArtifactCache } from '../storage/artifact-cache.ts';
import { isS3Uri } from '../storage/s3-uri.ts';
import { halfArtifactOf } from './half-artifact.ts';
import type { PlannedModel } from './plan.ts';
import type { ModelRequest } from './spec.ts';

/** @throws TopfiveError `model` when there is none, with the ways to get one */
export async function locateModel({ id, onnx, card = id }: ModelRequest): Promise<string> {
  if (onnx !== undefined) return isS3Uri(onnx) ? (await fetchArtifact(onnx)).path : onnx;
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

/**
 * Where the artifact of a planned model lies on this machine, which need not be the one that submitted the run.
 * @throws TopfiveError `model` when it is not the one that the run was submitted with
 */
export async function locatePlanned({
  artifact,
  conversion,
}: Pick<PlannedModel, 'artifact' | 'conversion'>): Promise<string> {
  const { uri } = artifact;
  if (uri === undefined || (await isUntouched(artifact))) {
    await checkArtifact(artifact);
    return artifact.path;
  }
  const full = await fetchArtifact(uri, { sha256: conversion?.from ?? artifact.sha256 });
  const found: Artifact = conversion ? await readArtifact((await halfArtifactOf(full)).path) : full;
  expectArtifact(found, { sha256: artifact.sha256, name: uri });
  return found.path;
}
