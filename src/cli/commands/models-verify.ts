/** `topfive models verify`: an artifact held against its card. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, TopfiveError } from '../../errors.ts';
import { locateModel } from '../../jobs/locate-model.ts';
import type { ModelCard } from '../../models/cards/card.ts';
import { findCard, requireCard } from '../../models/cards.ts';
import { type Verification, verifyModel } from '../../models/verify/verify-model.ts';
import { jsonOption } from '../options.ts';
import { writeJson, writeOut } from '../out.ts';
import { renderTable } from '../table.ts';

interface VerifyFlags {
  card?: string;
  json?: true;
}

export function addVerifyModel(models: Command): void {
  models
    .command('verify')
    .description('hold an artifact against its card; exit code 2 if anything differs')
    .argument('<id|file.onnx>', 'a card, for what was pulled or imported for it; or a file')
    .option('--card <id>', "whose graph it should be (default: the card of the file's name)")
    .addOption(jsonOption('{ id, path, sha256, bytes, checks }'))
    .action(async (what: string, flags: VerifyFlags) => {
      const card = cardOf(what, flags);
      const path = findCard(what) ? await locateModel({ id: what }) : what;
      const verification = await verifyModel(path, card);
      await tellVerification(verification, { card, flags });
      const isFine = verification.checks.every(({ status }) => status !== 'fail');
      process.exitCode = isFine ? exitCodes.done : exitCodes.usage;
    });
}

function cardOf(what: string, { card }: VerifyFlags): ModelCard {
  if (card !== undefined) return requireCard(card);
  const found = findCard(what) ?? findCard(basename(what, '.onnx'));
  if (found) return found;
  throw new TopfiveError(
    'usage',
    `nothing says which card ${what} is to be held against: add --card ID, as "topfive models list" prints it`,
  );
}

async function tellVerification(
  { artifact, checks }: Verification,
  { card, flags }: { card: ModelCard; flags: VerifyFlags },
): Promise<void> {
  const { path, sha256, bytes } = artifact;
  if (flags.json) {
    await writeJson({ id: card.id, path, sha256, bytes, checks });
    return;
  }
  const rows = checks.map(({ name, status, finding }) => [status, name, finding]);
  await writeOut(renderTable({ head: ['', 'check', 'finding'], rows }));
}
