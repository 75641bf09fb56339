/** `topfive demo`: the whole thing, offline. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { checkOutput } from '../../runs/collect.ts';
import { persistRun, prepareRun } from '../../runs/submit.ts';
import { openWorkplace } from '../../runs/workplace.ts';
import { conductRun } from '../conduct.ts';
import { prepareDemo } from '../demo-data.ts';
import { addFleetOptions, type FleetFlags, jsonOption, wholeNumber } from '../options.ts';
import { tell } from '../out.ts';
import { openProgress } from '../progress.ts';
import { type CliSettings, readSettings } from '../settings.ts';

interface DemoFlags extends FleetFlags {
  out: string;
  images: number;
  json?: true;
}

const seed = 1;

export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('the whole thing, offline: a synthetic set, small models, the queue, the report')
    .option('--out <dir>', 'takes data/, spec.yaml, report/ and the store', './topfive-demo')
    .option('--images <n>', 'images to evaluate', wholeNumber(1), 2000);
  addFleetOptions(command)
    .addOption(jsonOption('the run record'))
    .action(async (flags: DemoFlags) => {
      process.exitCode = await demo(flags, readSettings(command));
    });
}

async function demo(flags: DemoFlags, given: CliSettings): Promise<number> {
  const { out, images } = flags;
  // The demo keeps to its own folder, so that it can be deleted as a whole.
  const settings = { ...given, store: join(out, '.topfive') };
  const report = join(out, 'report');
  await checkOutput(report);
  const spec = await prepare(out, { images, settings });
  const workers = flags.workers || settings.environment.cores;
  const submission = await prepareRun(spec, { workers, reuse: false, store: settings.store });
  const workplace = await openWorkplace(settings);
  try {
    await persistRun(workplace.storage, submission);
    const { plan } = submission;
    const code = await conductRun({ plan, workplace, settings, flags: { ...flags, out: report } });
    tell(nextSteps(plan.runId, { out, store: settings.store, model: plan.models[0].id }));
    return code;
  } finally {
    await workplace.close();
  }
}

async function prepare(
  out: string,
  { images, settings }: { images: number; settings: CliSettings },
) {
  const { ci } = settings.environment;
  const progress = openProgress({ stream: process.stderr, ci, unit: 'images drawn' });
  const started = performance.now();
  const rows = ['drawing images', 'fitting models'].map((label) => ({
    label,
    done: 0,
    expected: 1,
    failed: 0,
  }));
  try {
    const { spec, reused } = await prepareDemo({
      directory: resolve(out),
      images,
      seed,
      onProgress({ stage, done, total }) {
        Object.assign(rows[stage === 'images' ? 0 : 1], { done, expected: total });
        progress.update(rows, (performance.now() - started) / 1000);
      },
    });
    progress.line(`${reused ? 'using' : 'made'} ${images} images and the models in ${out}/data`);
    return spec;
  } finally {
    progress.stop();
  }
}

function nextSteps(
  runId: string,
  { out, store, model }: { out: string; store: string; model: string },
): string {
  return [
    'Try next:',
    `  npx topfive predictions ${runId} --store ${store} --model ${model} | head`,
    `  npx topfive run ${join(out, 'spec.yaml')} --store ${store}    (edit it first)`,
  ].join('\n');
}
