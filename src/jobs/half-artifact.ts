/** The fp16 artifact of a model on this machine: made from its fp32 one when it is first asked for, kept in the cache. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { readCacheSettings } from '../config.ts';
import type { Artifact } from '../models/artifact.ts';
import { convertToHalf } from '../onnx/half-file.ts';
import { type ConversionResult, conversionSchema } from '../scoring/run-record.ts';
import { openArtifactCache } from '../storage/artifact-cache.ts';
import { digestOf } from '../storage/digest.ts';

/** Changes when the same file would become another. */
const converterVersion = 2;

/** Beside the ONNX file: what the conversion lost. */
const lossFile = 'conversion.json';

export interface HalfArtifact {
  /** Absolute path of the ONNX file. */
  path: string;
  conversion: ConversionResult;
}

/** @throws TopfiveError `model` for a graph that cannot be converted */
export async function halfArtifactOf({ path, sha256 }: Artifact): Promise<HalfArtifact> {
  const name = `${basename(path, extname(path))}.fp16.onnx`;
  const key = digestOf({ from: sha256, precision: 'fp16', name, converterVersion });
  const { folder } = await openArtifactCache(readCacheSettings()).getOrMake(key, async (draft) => {
    const loss = await convertToHalf(path, join(draft, name));
    await writeFile(join(draft, lossFile), JSON.stringify({ from: sha256, ...loss }));
  });
  const conversion = conversionSchema.parse(
    JSON.parse(await readFile(join(folder, lossFile), 'utf8')),
  );
  return { path: join(folder, name), conversion };
}
