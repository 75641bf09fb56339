/** Which keys are allowed: relative paths that cannot leave the root and read the same on every storage. */
import { TopfiveError } from '../errors.ts';

/** A `usage` TopfiveError unless the key is a relative path of plain parts. */
export function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new TopfiveError(
      'usage',
      `A key must be a relative path without empty, "." or ".." parts, not ${JSON.stringify(key)}.`,
    );
  }
}

/** The same for a prefix, which may be empty or end in `/`. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.replace(/\/$/, ''));
}

export function isKey(key: string): boolean {
  return (
    !/[\0\p{Surrogate}]/u.test(key) &&
    key.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
