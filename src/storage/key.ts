/** Which keys are allowed: relative paths that cannot leave the root and read the same on every storage. */
import { TopfiveError } from '../errors.ts';

/** Objects whose key ends so are the storage's own, such as files being written: never listed, never a caller's. */
export const ownEnding = '.topfive-partial';

/** A `usage` TopfiveError unless the key is a relative path of plain parts. */
export function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new TopfiveError(
      'usage',
      `A key must be a relative path without empty, "." or ".." parts, not ${JSON.stringify(key)}.`,
    );
  }
  if (key.endsWith(ownEnding)) {
    throw new TopfiveError(
      'usage',
      `The ending ${ownEnding} is reserved, so ${key} cannot be a key.`,
    );
  }
}

/** The same for a prefix, which may be empty or end in `/`. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.replace(/\/$/, ''));
}

/** The same for a prefix that is a whole folder, and not everything. */
export function checkFolder(prefix: string): void {
  if (!prefix.endsWith('/')) {
    throw new TopfiveError('usage', `A folder ends in "/", unlike ${JSON.stringify(prefix)}.`);
  }
  checkPrefix(prefix);
}

export function isKey(key: string): boolean {
  return (
    !/[\0\p{Surrogate}]/u.test(key) &&
    key.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Order of code points, which is that of UTF-8 bytes, of S3's listings and of Python's sort; `<` orders UTF-16 code units. */
export function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The same for many names; where no name needs two code units a character, the built-in order is equal and quicker. */
export function sortByCodePoints(names: string[]): string[] {
  return names.some((name) => /[\uD800-\uDFFF]/.test(name))
    ? names.sort(byCodePoints)
    : names.sort();
}
