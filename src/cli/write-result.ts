/** A result in a file that the person named. */
import { writeFile } from 'node:fs/promises';
import { messageOf, TopfiveError } from '../errors.ts';
import { tell } from './out.ts';

export async function writeResult(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    throw new TopfiveError(
      'output',
      `cannot write ${file}: ${messageOf(error)}; choose another --out`,
      { cause: error },
    );
  }
  tell(`written to ${file}`);
}
