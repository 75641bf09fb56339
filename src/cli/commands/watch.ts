/** `topfive watch`: follows a run until it ends, without taking part in it. */
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import type { RunStatus } from '../../jobs/run-state.ts';
import { openStoredRun, readState } from '../../runs/open-run.ts';
import { hasEnded, watchRun } from '../../runs/watch.ts';
import { joinWorkplace } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import { catchInterrupts } from '../interrupt.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { openProgress, runRows } from '../progress.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { describeState, runArgument } from './status.ts';

const exitOfStatus: Record<RunStatus, number> = {
  complete: exitCodes.done,
  'stopped-early': exitCodes.done,
  invalid: exitCodes.invalid,
  failed: exitCodes.failed,
  cancelled: exitCodes.cancelled,
  // The watching was interrupted, the run goes on.
  queued: exitCodes.cancelled,
  running: exitCodes.cancelled,
};

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('follow a run until it ends; the exit code says how')
    .argument('<run>', runArgument)
    .addOption(jsonOption('the last state'))
    .action(async (run: string, flags: { json?: true }) => {
      const settings = readSettings(command);
      const state = await readState(run, settings.store);
      const last = hasEnded(state) ? state : await follow(run, settings);
      await (flags.json ? writeJson(last) : writeOut(describeState(last)));
      process.exitCode = exitOfStatus[last.status];
    });
}

async function follow(run: string, settings: CliSettings) {
  const { runId, store } = await openStoredRun(run, settings.store);
  const workplace = await joinWorkplace({ ...settings, store }, { own: false });
  if (!workplace) tell(`nobody works for this store; "topfive resume ${runId}" would`);
  const progress = openProgress({ stream: process.stderr, ci: settings.environment.ci });
  const interrupts = catchInterrupts({ onFirst: () => {}, onSecond: progress.stop });
  try {
    return await watchRun({
      storage: workplace?.storage ?? openStorage(store),
      runId,
      ...(workplace && { queue: workplace.queue }),
      signal: interrupts.signal,
      onState: (state) => progress.update(runRows(state), state.seconds),
    });
  } finally {
    progress.stop();
    interrupts.release();
    await workplace?.close();
  }
}
