/** What may differ, how much may be lost, which models belong together: the flags of a comparison. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ModelName, Pair } from '../jobs/pair-models.ts';
import { type Allowance, allowances } from '../jobs/refuse-comparison.ts';
import type { Estimand } from '../scoring/verdict.ts';

export interface CompareFlags {
  margin: number;
  estimand: Estimand;
  alpha: number;
  allow?: Allowance[];
  pair?: Pair<ModelName, ModelName>[];
  model?: ModelName;
}

export function addCompareOptions(command: Command): Command {
  return command
    .option('--margin <loss>', 'loss that is accepted, in percent of the images', readMargin, 0.002)
    .addOption(
      new Option('--estimand <what>', 'what a verdict is about: these images, or unseen ones')
        .choices(['manifest', 'population'] satisfies Estimand[])
        .default('manifest'),
    )
    .option(
      '--alpha <level>',
      'error level that all gates share, for unseen images',
      readAlpha,
      0.05,
    )
    .option(
      '--allow <differences>',
      `differences that may be, with commas between: ${Object.keys(allowances).join(', ')}`,
      readAllowances,
    )
    .option(
      '--pair <model=model>',
      'a model of the baseline and one of the candidate, each with @precision where needed; may be repeated',
      readPairs,
    )
    .option(
      '--model <id>',
      "the candidate's model, with @precision where needed, when it has several and only one is compared",
      readModelName,
    );
}

/** Beyond this a number without a percent sign is more likely a percentage than a fraction. */
const largestFraction = 0.05;

/** `0.2%`, or the fraction 0.002. */
export function readMargin(text: string): number {
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text.trim()) ?? [];
  const value = percent ? Number(digits) / 100 : Number(digits);
  if (digits === undefined || !(value < 1)) {
    throw new InvalidArgumentError('It must be a percentage of the images, such as 0.2%.');
  }
  if (!percent && value > largestFraction) {
    throw new InvalidArgumentError(
      `It would be ${Number((value * 100).toFixed(6))}% of the images; write a percentage, such as ${text}%.`,
    );
  }
  return value;
}

function readAlpha(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 0.5)) {
    throw new InvalidArgumentError('It must be a number between 0 and 0.5, such as 0.05.');
  }
  return value;
}

function readAllowances(text: string): Allowance[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(allowances, name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `There is no difference "${unknown}"; there are ${Object.keys(allowances).join(', ')}.`,
    );
  }
  return names as Allowance[];
}

/** `b0=b0-int8`, `b0@fp32=b0@fp16`; one more beside the earlier ones. */
function readPairs(
  text: string,
  earlier: Pair<ModelName, ModelName>[] = [],
): Pair<ModelName, ModelName>[] {
  const [baseline, candidate, ...rest] = text.split('=');
  if (!baseline || !candidate || rest.length > 0) {
    throw new InvalidArgumentError(
      'It must be a model of the baseline and one of the candidate, as b0=b0-int8 or b0@fp32=b0@fp16.',
    );
  }
  return [...earlier, { baseline: readModelName(baseline), candidate: readModelName(candidate) }];
}

function readModelName(text: string): ModelName {
  const [id, precision] = text.split('@');
  return { id, ...(precision !== undefined && { precision }) };
}
