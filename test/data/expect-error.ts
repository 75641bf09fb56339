/** Expecting a TopfiveError of one kind whose sentence says something. */
import assert from 'node:assert/strict';
import { type ErrorKind, TopfiveError } from '../../src/errors.ts';

/** For `assert.throws` and `assert.rejects`; a dataset's error is one sentence that ends a process with exit code 2. */
export function ofKind(kind: ErrorKind, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof TopfiveError, `a TopfiveError was expected, not ${error}`);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.message, message);
    assert.match(error.message, /^[^\n]*[.?]$/);
    return true;
  };
}

export const datasetError = (message: RegExp) => ofKind('dataset', message);
