/** All commands in one program; what it throws ends in one sentence and an exit code. */
import { Command } from 'commander';
import { topfiveVersion } from '../config.ts';
import { oneLine, reportFailure } from './fail.ts';
import { tell, tolerateClosedPipes } from './out.ts';
import { addGlobalOptions } from './settings.ts';

/** In the order of the help. Each is loaded when it is called, for what it stands on takes most of a second to load. */
const commands: Record<string, () => Promise<(program: Command) => void>> = {
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  run: async () => (await import('./commands/run.ts')).addRun,
  submit: async () => (await import('./commands/submit.ts')).addSubmit,
  worker: async () => (await import('./commands/worker.ts')).addWorker,
  status: async () => (await import('./commands/status.ts')).addStatus,
  watch: async () => (await import('./commands/watch.ts')).addWatch,
  cancel: async () => (await import('./commands/cancel.ts')).addCancel,
  resume: async () => (await import('./commands/resume.ts')).addResume,
  list: async () => (await import('./commands/list.ts')).addList,
  report: async () => (await import('./commands/report.ts')).addReport,
  predictions: async () => (await import('./commands/predictions.ts')).addPredictions,
  compare: async () => (await import('./commands/compare.ts')).addCompare,
  latency: async () => (await import('./commands/latency.ts')).addLatency,
  baseline: async () => (await import('./commands/baseline.ts')).addBaseline,
  calibrate: async () => (await import('./commands/calibrate.ts')).addCalibrate,
  nightly: async () => (await import('./commands/nightly.ts')).addNightly,
  schedule: async () => (await import('./commands/schedule.ts')).addSchedule,
  history: async () => (await import('./commands/history.ts')).addHistory,
  gc: async () => (await import('./commands/gc.ts')).addGc,
  dataset: async () => (await import('./commands/dataset.ts')).addDataset,
  models: async () => (await import('./commands/models.ts')).addModels,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
};

/** @param only the one command that is wanted; all of them where it names none */
export async function buildProgram(only?: string): Promise<Command> {
  const program = new Command('topfive')
    .description('Measures image classifiers on the ImageNet validation set.')
    .version(topfiveVersion)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (message) => tell(oneLine(message)) })
    .exitOverride();
  addGlobalOptions(program);
  const wanted =
    only !== undefined && Object.hasOwn(commands, only) ? [only] : Object.keys(commands);
  for (const name of wanted) (await commands[name]())(program);
  return program;
}

/** Sets the exit code of the process, which ends by itself when its work is done. */
export async function runCommandLine(args: string[]): Promise<void> {
  tolerateClosedPipes();
  const program = await buildProgram(args[0]);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const verbose = program.opts<{ verbose?: true }>().verbose === true;
    process.exitCode = reportFailure(error, { verbose });
  }
}
