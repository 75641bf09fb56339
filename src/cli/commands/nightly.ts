/** `topfive nightly`: run, compare with the baseline, verdict, record; one line in the morning. */
import type { Command } from 'commander';
import { exitCodes } from '../../errors.ts';
import { isReported } from '../../jobs/run-state.ts';
import { comparisonText } from '../../report/comparison-text.ts';
import { brokenNightMessage, nightMessage } from '../../report/night-message.ts';
import { checkStore } from '../../runs/check-store.ts';
import { checkOutput, collectRun } from '../../runs/collect.ts';
import { concludeNight, keepNightFiles, type NightOutcome } from '../../runs/night.ts';
import { prepareNight } from '../../runs/prepare-night.ts';
import { persistRun } from '../../runs/submit.ts';
import { tellWebhook, webhookOf } from '../../runs/tell-night.ts';
import type { Delivery } from '../../runs/webhook.ts';
import { openWorkplace } from '../../runs/workplace.ts';
import type { Night } from '../../scoring/night-record.ts';
import { openStorage } from '../../storage/open.ts';
import { conduct, tellUnfinished, unfinishedReasons } from '../conduct.ts';
import { tellGithub } from '../github.ts';
import { addFleetOptions, type FleetFlags, jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { readSpec } from '../spec-flags.ts';

type NightlyFlags = FleetFlags & { out?: string; webhook?: string; json?: true };

export function addNightly(program: Command): void {
  const command = program
    .command('nightly')
    .description('run, compare with the baseline, say in one line what the night came to')
    .argument('<spec>', 'a YAML or JSON file that says what to evaluate, with its gates');
  addFleetOptions(command)
    .option('--out <dir>', 'copy the run folder there, with the night and its comparison')
    .option(
      '--webhook <url>',
      "where the verdict is sent, as Slack takes it (the spec's webhook; TOPFIVE_WEBHOOK)",
    )
    .addOption(jsonOption('the night, with its comparison,'))
    .action(async (file: string, flags: NightlyFlags) => {
      process.exitCode = await nightly(file, flags, readSettings(command));
    });
}

const warn = (line: string) => tell(`warning: ${line}`);

async function nightly(file: string, flags: NightlyFlags, settings: CliSettings): Promise<number> {
  const spec = await readSpec(file, {});
  const webhook = webhookOf(spec, flags.webhook);
  if (flags.out !== undefined) await checkOutput(flags.out);
  const { store, environment } = settings;
  await checkStore(openStorage(store));
  const workers = flags.workers || environment.cores;
  const submission = await prepareNight(spec, { workers, store });
  submission.warnings.forEach(warn);
  const { plan } = submission;
  const workplace = await openWorkplace(settings);
  try {
    const { storage } = workplace;
    await persistRun(storage, submission);
    const ended = await conduct({ plan, workplace, settings, flags });
    if (!isReported(ended.status)) {
      const message = brokenNightMessage(plan, unfinishedReasons(ended).join('; '));
      await tellWebhook(message, { webhook, warn });
      return await tellUnfinished(ended, flags);
    }
    const now = new Date();
    const outcome = await concludeNight(plan.runId, { spec, storage, store, now });
    await keepNightFiles(storage, outcome);
    if (flags.out !== undefined) {
      await collectRun(storage, { runId: plan.runId, directory: flags.out });
    }
    const delivery = await tellWebhook(nightMessage(outcome.night), { webhook, warn });
    return await tellNight(outcome, { delivery, flags, settings });
  } finally {
    await workplace.close();
  }
}

const exitOfVerdict: Record<Night['verdict'], number> = {
  pass: exitCodes.done,
  regression: exitCodes.regression,
  invalid: exitCodes.invalid,
  inconclusive: exitCodes.inconclusive,
};

async function tellNight(
  { night, comparison }: NightOutcome,
  {
    delivery,
    flags,
    settings,
  }: { delivery: Delivery | null; flags: NightlyFlags; settings: CliSettings },
): Promise<number> {
  if (flags.json) {
    await writeJson({ ...night, comparison, webhook: delivery });
    tell(night.line);
  } else {
    await writeOut(`${[night.line, ...night.notes.map((note) => `  ${note}`)].join('\n')}\n`);
    if (comparison) await writeOut(`\n${comparisonText(comparison)}`);
  }
  const { github } = settings.environment;
  if (github.actions && comparison) await tellGithub(comparison, github);
  return exitOfVerdict[night.verdict];
}
