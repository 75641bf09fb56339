/** How the command line ends when something is wrong: one sentence on stderr, with its list if there is one, and an exit code. */
import { CommanderError } from 'commander';
import { exitCodes, messageOf, TopfiveError } from '../errors.ts';
import { tell } from './out.ts';

/** Tells what went wrong and returns the exit code. */
export function reportFailure(error: unknown, { verbose }: { verbose: boolean }): number {
  if (error instanceof CommanderError) {
    // Help and the version end the parsing too; what is wrong has been told by then.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  tell(`error: ${oneLine(messageOf(error))}`);
  if (error instanceof TopfiveError) for (const line of error.details) tell(`  ${oneLine(line)}`);
  if (verbose) tellStack(error);
  return error instanceof TopfiveError ? error.exitCode : exitCodes.failed;
}

function tellStack(error: unknown): void {
  for (let each = error; each instanceof Error; each = each.cause) tell(each.stack ?? each.message);
}

export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
