/** Whether there is a model file at all, before a runtime that says it less well is asked. */
import { stat } from 'node:fs/promises';
import { isSystemError, TopfiveError } from '../errors.ts';

/** @throws TopfiveError `model` when there is no file at the path, or nothing in it */
export async function checkModelFile(path: string): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new TopfiveError('model', `The model file ${path} ${why}.`, { cause });
  let size: number;
  try {
    const stats = await stat(path);
    if (!stats.isFile()) {
      throw refuse('is not a file: give the path of an .onnx file');
    }
    size = stats.size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw refuse('does not exist: check the path', error);
    }
    throw error;
  }
  if (size === 0) {
    throw refuse('is empty: write or download it again');
  }
}
