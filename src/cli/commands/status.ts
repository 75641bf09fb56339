/** `topfive status`: how far a run is. */
import type { Command } from 'commander';
import type { RunState } from '../../jobs/run-state.ts';
import { counted, grouped } from '../../report/numbers.ts';
import { readState } from '../../runs/open-run.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

export const runArgument = 'id of a run in the store, or path or URI of a run folder';

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .description('say how far a run is')
    .argument('<run>', runArgument)
    .addOption(jsonOption('the state'))
    .action(async (run: string, flags: { json?: true }) => {
      const state = await readState(run, readSettings(command).store);
      await (flags.json ? writeJson(state) : writeOut(describeState(state)));
    });
}

export function describeState(state: RunState): string {
  const { runId, name, status, reason, shards, images, models } = state;
  const lines = [
    `${runId} (${name}): ${status}${reason === null ? '' : `: ${reason}`}`,
    `${grouped(shards.done)} of ${counted(shards.total, 'shard record')}`,
    `${grouped(images.scored + images.failed)} of ${counted(images.expected, 'image')} × models, ${grouped(images.failed)} failed`,
    ...models.map(
      ({ id, precision, scored, failed, expected }) =>
        `  ${id} (${precision}): ${grouped(scored + failed)} of ${grouped(expected)}, ${grouped(failed)} failed`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
