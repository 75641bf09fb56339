/** `topfive baseline show`: what nights are held against, and what they were held against before. */
import type { Command } from 'commander';
import { type Baseline, listBaselines, readBaseline } from '../../jobs/baselines.ts';
import { instant } from '../../report/numbers.ts';
import { plainTable } from '../../report/plain-table.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

export function addBaselineShow(baseline: Command): void {
  const command = baseline
    .command('show')
    .description('show the baselines of the store, with their history')
    .argument('[name]', 'name of the runs; left out, all')
    .addOption(jsonOption('an array of baselines'))
    .action(async (name: string | undefined, flags: { json?: true }) => {
      const { store } = readSettings(command);
      const storage = openStorage(store);
      const names = name === undefined ? await listBaselines(storage) : [name];
      const now = new Date();
      const all = await Promise.all(
        names.map((each) => readBaseline(storage, { name: each, now })),
      );
      const found = all.filter(({ history }) => history.length > 0);
      if (flags.json) await writeJson(found);
      else if (found.length > 0) await writeOut(found.map(describe).join('\n'));
      else
        tell(
          `${name === undefined ? store : `"${name}"`} has no baseline; "topfive baseline set RUN --reason TEXT" sets one`,
        );
    });
}

function describe({ name, blessing, isExpired, history }: Baseline): string {
  const state =
    blessing === null
      ? 'none'
      : isExpired
        ? `none: that of run ${blessing.runId} expired on ${blessing.expires}`
        : `run ${blessing.runId}`;
  const table = plainTable({
    head: ['when', 'what', 'run', 'by', 'until', 'reason'],
    rows: history.toReversed().map((entry) => {
      const [what, until] =
        entry.kind === 'set' ? ['set', entry.expires] : ['acknowledged', entry.until];
      return [instant(entry.at), what, entry.runId, entry.author, until ?? '-', entry.reason];
    }),
  });
  return `${name}: ${state}\n${table.replace(/^/gm, '  ').trimEnd()}\n`;
}
