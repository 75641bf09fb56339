/** Options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { daySchema, isOver } from '../jobs/baselines.ts';
import { devices } from '../onnx/device.ts';

/** A parser of whole numbers from `lowest` up. */
export function wholeNumber(
  lowest: number,
  highest = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < lowest || value > highest) {
      const range =
        highest === Number.MAX_SAFE_INTEGER
          ? `of at least ${lowest}`
          : `from ${lowest} to ${highest}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

/** A parser of `auto` or whole numbers from `lowest` up. */
export function autoOr(lowest: number): (text: string) => 'auto' | number {
  const read = wholeNumber(lowest);
  return (text) => (text === 'auto' ? 'auto' : read(text));
}

/** A parser of text that says something. */
export function wording(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must say something.');
  return text.trim();
}

/** A parser of days such as `2027-01-31`, today or later in UTC. */
export function dayToCome(text: string): string {
  if (!daySchema.safeParse(text).success) {
    throw new InvalidArgumentError('It must be a day such as 2027-01-31.');
  }
  if (isOver(text, new Date())) throw new InvalidArgumentError('That day is over.');
  return text;
}

export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}

const deviceFlags = ['auto', ...devices] as const;
export type DeviceFlag = (typeof deviceFlags)[number];

export function deviceOption(): Option {
  return new Option(
    '--device <device>',
    'where models run; auto takes the best of cuda, webgpu and cpu that works here',
  ).choices(deviceFlags);
}

/** A parser of several values with commas between them. */
export function readList<T>(read: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((part) => read(part.trim()));
}

/** A parser of the precisions of a run. */
export const readPrecisions = readList((text) => {
  if (text === 'fp32' || text === 'fp16') return text;
  throw new InvalidArgumentError(`It must be fp32, fp16 or both, as in fp32,fp16, not ${text}.`);
});

const normalisations = ['auto', 'graph', 'host'] as const;
export type NormalisationFlag = (typeof normalisations)[number];

export function normalisationOption(): Option {
  return new Option(
    '--normalisation <place>',
    'where bytes are normalised: inside the graph, or before it on the host; auto is the graph where the file allows it',
  ).choices(normalisations);
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads inside one operator of a model')
    .argParser(wholeNumber(1))
    .default(1);
}

export interface FleetFlags {
  workers?: number;
  threads: number;
}

/** How many workers, and what they are given. */
export function addFleetOptions(command: Command): Command {
  return command
    .option(
      '--workers <n>',
      'worker processes; 0 starts none and uses those on the queue (default: one a core)',
      wholeNumber(0),
    )
    .addOption(threadsOption());
}

export function jsonOption(what: string): Option {
  return new Option('--json', `${what} as JSON on stdout`);
}

export function externalDataOption(): Option {
  return new Option('--external-data', 'weights in <file.onnx>.data; always so beyond 2 GiB');
}
