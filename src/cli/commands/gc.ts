/** `topfive gc`: shows which runs of a store may go, and removes them when told to. */
import type { Command } from 'commander';
import type { StoredRun } from '../../jobs/retention.ts';
import { bytes, counted, instant } from '../../report/numbers.ts';
import { plainTable } from '../../report/plain-table.ts';
import { findGarbage, type Garbage, removeGarbage } from '../../runs/collect-garbage.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption, wholeNumber } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

interface GcFlags {
  keepDays: number;
  keepRuns: number;
  delete?: true;
  json?: true;
}

export function addGc(program: Command): void {
  const command = program
    .command('gc')
    .description('show which runs of the store may go, by age and number; --delete removes them')
    .option('--keep-days <n>', 'runs of so many days are kept', wholeNumber(0), 30)
    .option(
      '--keep-runs <n>',
      'the last so many runs of each name are kept, however old',
      wholeNumber(1),
      10,
    )
    .option('--delete', 'remove them')
    .addOption(jsonOption('{ deleted, bytes, gone, kept, copies }'))
    .action(async (flags: GcFlags) => {
      const storage = openStorage(readSettings(command).store);
      const rules = { days: flags.keepDays, runs: flags.keepRuns };
      const garbage = await findGarbage(storage, { rules, now: new Date() });
      if (!flags.json) await writeOut(describe(garbage));
      if (flags.delete) {
        const onRemoved = ({ runId }: StoredRun) => tell(`removed ${runId}`);
        await removeGarbage(storage, { ...garbage, onRemoved });
      }
      await tellSum(garbage, flags);
    });
}

function describe({ gone }: Garbage): string {
  if (gone.length === 0) return '';
  const table = plainTable({
    head: ['run', 'name', 'submitted', 'size'],
    right: [3],
    rows: gone.map(({ runId, name, createdAt, bytes: size }) => [
      runId,
      name ?? '(submission broke off)',
      createdAt ? instant(createdAt) : '-',
      bytes(size),
    ]),
  });
  return `${table}\n`;
}

async function tellSum({ gone, kept, copies }: Garbage, flags: GcFlags): Promise<void> {
  const deleted = flags.delete === true;
  const sum = [...gone, ...copies].reduce((total, each) => total + each.bytes, 0);
  if (flags.json) await writeJson({ deleted, bytes: sum, gone, kept, copies });
  const models = copies.length > 0 ? `, with ${counted(copies.length, 'artifact')}` : '';
  const of = `${counted(gone.length, 'run')} of ${gone.length + kept.length}${models}, ${bytes(sum)}`;
  if (gone.length === 0) tell(`nothing to remove: ${counted(kept.length, 'run')} kept`);
  else tell(deleted ? `removed ${of}` : `${of} may go; --delete removes them`);
}
