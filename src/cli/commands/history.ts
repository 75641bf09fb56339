/** `topfive history`: a model from night to night, and since when it is worse. */
import type { Command } from 'commander';
import { TopfiveError } from '../../errors.ts';
import { listHistories, readHistory } from '../../jobs/model-history.ts';
import { fallWords } from '../../report/history-words.ts';
import { grouped, instant, percent } from '../../report/numbers.ts';
import { plainTable } from '../../report/plain-table.ts';
import { comparableNights, fallOf, type HistoryEntry } from '../../scoring/history-entry.ts';
import { openStorage } from '../../storage/open.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { writeResult } from '../write-result.ts';

interface HistoryFlags {
  precision?: string;
  out?: string;
  json?: true;
}

/** Nights in the terminal; the page and the JSON have all. */
const nightsShown = 30;

export function addHistory(program: Command): void {
  const command = program
    .command('history')
    .description('show the nights of a model, and since when and by what it is worse')
    .argument('<model>', 'id of a model that was in a nightly run')
    .option('--precision <precision>', 'where nights have the model at several')
    .option('--out <file>', 'write a page with the trend chart there')
    .addOption(jsonOption('{ nights, fall }'))
    .action(async (model: string, flags: HistoryFlags) => {
      const entries = await findHistory(model, { flags, store: readSettings(command).store });
      await tellHistory(model, { entries, flags });
    });
}

async function findHistory(
  model: string,
  { flags, store }: { flags: HistoryFlags; store: string },
): Promise<HistoryEntry[]> {
  const storage = openStorage(store);
  const all = await listHistories(storage);
  const found = all.filter(
    ({ id, precision }) => id === model && (flags.precision ?? precision) === precision,
  );
  if (found.length === 1) return readHistory(storage, found[0]);
  const known = all.map(({ id, precision }) => `${id} (${precision})`).join(', ');
  throw new TopfiveError(
    'not-found',
    found.length > 1
      ? `${model} has nights at several precisions: add --precision (${known})`
      : `no night of ${store} has ${model}: there are ${known || 'none; "topfive nightly SPEC" makes one'}`,
  );
}

async function tellHistory(
  model: string,
  { entries, flags }: { entries: HistoryEntry[]; flags: HistoryFlags },
): Promise<void> {
  const fall = fallOf(comparableNights(entries));
  if (flags.out !== undefined) {
    // Loaded here alone: drawing charts takes more code than all the other commands.
    const { historyHtml } = await import('../../report/html/night.ts');
    await writeResult(flags.out, historyHtml(model, entries));
  }
  if (flags.json) {
    await writeJson({ nights: entries, fall });
    return;
  }
  const table = plainTable({
    head: ['night', 'top-1', 'right', 'images', 'verdict', 'run'],
    right: [1, 2, 3],
    rows: entries
      .slice(-nightsShown)
      .toReversed()
      .map(({ at, correct, images, verdict, status, runId }) => [
        instant(at),
        percent(correct.top1 / images),
        grouped(correct.top1),
        grouped(images),
        status === 'complete' ? (verdict ?? '-') : `${verdict ?? '-'} (${status})`,
        runId,
      ]),
  });
  await writeOut(`${table}\n${fall ? `\n${fallWords(fall)}\n` : ''}`);
}
