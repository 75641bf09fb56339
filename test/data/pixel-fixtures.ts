/** The golden set of test/fixtures/pixels, read for the tests of this room. */
import { readFileSync } from 'node:fs';
import type { CropRule } from '../../src/data/recipe.ts';

const folder = new URL('../fixtures/pixels/', import.meta.url);

interface Whole {
  width: number;
  height: number;
  sha256: string;
}

interface Expected {
  rules: CropRule[];
  images: Record<
    string,
    { decoded: Record<CropRule['decoder'], Whole>; crops: Record<string, string> }
  >;
}

export const expected: Expected = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
);

export function readImage(name: string): Buffer {
  return readFileSync(new URL(`images/${name}`, folder));
}

/** One of the raw crops: `<image>.<kernel>.rgb`. */
export function readCrop(name: string): Buffer {
  return readFileSync(new URL(`crops/${name}`, folder));
}
