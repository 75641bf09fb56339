/** How the numbers of a run came about, and what repeats it. */
import type { RunRecord } from '../scoring/run-record.ts';

/** How the numbers came about, one sentence each. */
export function methodOf(record: RunRecord): string[] {
  return [
    'Top-1 and top-5 are correct images divided by all images of the manifest; an image that failed counts as wrong.',
    'The rank of the label is one more than the number of classes with a higher score; between equal scores the lower class index comes first.',
    'The counts are integers, added over shards that cover every image once and were computed under equal conditions; nothing is averaged.',
    'On these images the accuracy is exact. The interval is the 95% Wilson interval, for unseen images drawn like these.',
    ...(record.models.some(({ published }) => published)
      ? [
          'A published figure was measured on the same images, so it is compared as it is; the interval does not apply to the difference.',
        ]
      : []),
    `Images were decoded with ${record.environment.decoder}; the models ran on ${record.environment.runtime}.`,
  ];
}

/** What repeats a run: commands, and the specs that they need as files beside them. */
export function againOf({ spec, mergedFrom = [] }: RunRecord): {
  commands: string[];
  specs: { name: string; spec: unknown }[];
} {
  if (mergedFrom.length === 0) return { commands: runAgain, specs: [{ name: 'spec.json', spec }] };
  const folders = mergedFrom.map(({ runId }) => `again-${runId}`);
  return {
    commands: [
      ...mergedFrom.map(({ runId }) => `topfive run ${runId}.json --out again-${runId}`),
      `topfive report ${folders.join(' ')} --format html --out report.html`,
    ],
    specs: mergedFrom.map(({ runId, spec: own }) => ({ name: `${runId}.json`, spec: own })),
  };
}

/** From the run's folder: repeats it, checks it against this one, and writes the report again. */
const runAgain = [
  'topfive run spec.json --out again',
  'topfive compare . again',
  'topfive report . --format md',
];
