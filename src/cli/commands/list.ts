/** `topfive list`: the runs of a store, newest first. */
import type { Command } from 'commander';
import { inOrder } from '../../data/in-order.ts';
import { TopfiveError } from '../../errors.ts';
import { listRunIds, type RunState, readRunState } from '../../jobs/run-state.ts';
import { grouped } from '../../report/numbers.ts';
import { openStorage } from '../../storage/open.ts';
import type { Storage } from '../../storage/storage.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { renderTable } from '../table.ts';

export function addList(program: Command): void {
  const command = program
    .command('list')
    .description('list the runs of the store, newest first')
    .addOption(jsonOption('an array of states'))
    .action(async (flags: { json?: true }) => {
      const { store } = readSettings(command);
      const storage = openStorage(store);
      const states = await readStates(storage);
      if (flags.json) await writeJson(states);
      else if (states.length > 0) await writeOut(tableOf(states));
      else tell(`there are no runs in ${store}; "topfive demo" makes one`);
    });
}

/** Runs read at a time: a store elsewhere takes a while for each. */
const atOnce = 16;

/** Newest first; a run that cannot be read does not hide the others. */
async function readStates(storage: Storage): Promise<RunState[]> {
  const states: RunState[] = [];
  const runIds = (await listRunIds(storage)).reverse();
  const read = inOrder(runIds, { limit: atOnce, work: (runId) => tryToRead(storage, runId) });
  for await (const state of read) {
    if (state instanceof TopfiveError) tell(`warning: ${state.message}`);
    else states.push(state);
  }
  return states;
}

async function tryToRead(storage: Storage, runId: string): Promise<RunState | TopfiveError> {
  try {
    return await readRunState(storage, { runId });
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'usage') throw error;
    return error;
  }
}

function tableOf(states: RunState[]): string {
  return renderTable({
    head: ['run', 'name', 'status', 'models', 'images', 'scored', 'failed'],
    right: [3, 4, 5, 6],
    rows: states.map(({ runId, name, status, models, images }) => [
      runId,
      name,
      status,
      String(models.length),
      grouped(models[0]?.expected ?? 0),
      grouped(images.scored),
      grouped(images.failed),
    ]),
  });
}
