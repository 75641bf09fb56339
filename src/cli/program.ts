/** All commands in one program; what it throws ends in one sentence and an exit code. */
import { Command } from 'commander';
import { topfiveVersion } from '../config.ts';
import { addBaseline } from './commands/baseline.ts';
import { addCalibrate } from './commands/calibrate.ts';
import { addCancel } from './commands/cancel.ts';
import { addCompare } from './commands/compare.ts';
import { addDataset } from './commands/dataset.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHistory } from './commands/history.ts';
import { addLatency } from './commands/latency.ts';
import { addList } from './commands/list.ts';
import { addModels } from './commands/models.ts';
import { addNightly } from './commands/nightly.ts';
import { addPredictions } from './commands/predictions.ts';
import { addReport } from './commands/report.ts';
import { addResume } from './commands/resume.ts';
import { addRun } from './commands/run.ts';
import { addStatus } from './commands/status.ts';
import { addSubmit } from './commands/submit.ts';
import { addWatch } from './commands/watch.ts';
import { addWorker } from './commands/worker.ts';
import { oneLine, reportFailure } from './fail.ts';
import { tell, tolerateClosedPipes } from './out.ts';
import { addGlobalOptions } from './settings.ts';

const commands = [
  addDemo,
  addRun,
  addSubmit,
  addWorker,
  addStatus,
  addWatch,
  addCancel,
  addResume,
  addList,
  addReport,
  addPredictions,
  addCompare,
  addLatency,
  addBaseline,
  addCalibrate,
  addNightly,
  addHistory,
  addDataset,
  addModels,
  addDoctor,
];

export function buildProgram(): Command {
  const program = new Command('topfive')
    .description('Measures image classifiers on the ImageNet validation set.')
    .version(topfiveVersion)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (message) => tell(oneLine(message)) })
    .exitOverride();
  addGlobalOptions(program);
  for (const add of commands) add(program);
  return program;
}

/** Sets the exit code of the process, which ends by itself when its work is done. */
export async function runCommandLine(args: string[]): Promise<void> {
  tolerateClosedPipes();
  const program = buildProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const verbose = program.opts<{ verbose?: true }>().verbose === true;
    process.exitCode = reportFailure(error, { verbose });
  }
}
