/** What is wrong with a dataset, said in one line even where file names hold line breaks or terminal codes. */
import { TopfiveError } from '../errors.ts';

/** @param message one sentence; the names in it may come from a hostile archive */
export function datasetError(message: string, cause?: unknown): TopfiveError {
  return new TopfiveError('dataset', message.replaceAll(/\p{Cc}/gu, '\uFFFD'), { cause });
}
