/** Results on stdout, messages on stderr; a reader that goes away (`| head`) ends the writing quietly. */
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';

/** Called once, before anything is written: a closed pipe is no crash. */
export function tolerateClosedPipes(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

/**
 * Writes to stdout and waits until it is taken.
 * @returns false once nobody reads any more
 * @throws TopfiveError `output` when it cannot be written for another reason, e.g. a full disk
 */
export function writeOut(text: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error) resolve(true);
      else if (isSystemError(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) resolve(false);
      else reject(unwritten(error));
    });
  });
}

function unwritten(error: Error): TopfiveError {
  return new TopfiveError(
    'output',
    `the result could not be written to stdout: ${messageOf(error)}`,
    { cause: error },
  );
}

export function writeJson(value: unknown): Promise<boolean> {
  return writeOut(`${JSON.stringify(value, null, 2)}\n`);
}

export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** True when plain text is wanted instead of bars, boxes and cursor movements. */
export function isPlain(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY !== true;
}
