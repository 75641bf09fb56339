/** `topfive models pull`: a published checkpoint from its server, imported into the cache. */
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { readCacheSettings } from '../../config.ts';
import { TopfiveError } from '../../errors.ts';
import type { CardArtifact } from '../../models/card-artifact.ts';
import type { Checkpoint, ModelCard } from '../../models/cards/card.ts';
import { requireCard } from '../../models/cards.ts';
import { fileNameOf, pullCardArtifact } from '../../models/pull.ts';
import { openArtifactCache } from '../../storage/artifact-cache.ts';
import { tellModel, tellWaiting } from '../model-file.ts';
import { jsonOption } from '../options.ts';
import { tell } from '../out.ts';
import { type CliSettings, readSettings } from '../settings.ts';
import { whileWriting } from '../while-writing.ts';

interface PullFlags {
  from?: string;
  sha256?: string;
  acceptLicence?: true;
  json?: true;
}

export function addPull(models: Command): void {
  const command = models
    .command('pull')
    .description('download the weights of a card, and import them into the cache')
    .argument('<id>', 'id of the card, as "topfive models list" prints it')
    .option('--from <url>', 'another place of the weights (default: that of the published figures)')
    .option('--sha256 <hex>', 'what the file must be (default: what its publisher says)', hex)
    .option(
      '--accept-licence',
      'take weights that may not be used commercially, without a question',
    )
    .addOption(jsonOption('what was imported'))
    .action(async (id: string, flags: PullFlags) => {
      await pull({ card: requireCard(id), flags, settings: readSettings(command) });
    });
}

function hex(text: string): string {
  if (/^[0-9a-f]{8,64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be 64 hex digits, or the first eight or more of them.');
}

type Source = Pick<Checkpoint, 'url' | 'sha256Prefix'> & Partial<Checkpoint>;

interface Pull {
  card: ModelCard;
  flags: PullFlags;
  settings: CliSettings;
}

async function pull(request: Pull): Promise<void> {
  const { card, flags } = request;
  const sources = sourcesOf(card, flags);
  await agreeOnLicence(sources[0], request);
  const { artifact, checkpoint } = await pullFirst(sources, request);
  const { source, naming, format, sha256 } = checkpoint;
  const weights = { checkpoint: source, sha256, naming, format };
  await tellModel({ id: card.id, artifact, weights }, flags);
}

/** Where to look, in order. */
function sourcesOf({ checkpoints }: ModelCard, { from }: PullFlags): Source[] {
  if (from === undefined) return checkpoints.filter(({ measured }) => measured);
  return [checkpoints.find(({ url }) => url === from) ?? { url: from }];
}

/** Says the licence; one that forbids commercial use has to be accepted. */
async function agreeOnLicence(
  { publisher, licence, nonCommercial }: Source,
  { card, flags }: Pull,
): Promise<void> {
  if (licence === undefined) {
    tell(`weights for ${card.id} from a place whose licence is not known here`);
    return;
  }
  const terms = `weights of ${card.id} by ${publisher}, under ${licence}`;
  tell(nonCommercial ? `${terms}: no commercial use` : terms);
  if (!nonCommercial || flags.acceptLicence) return;
  const asked = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (asked && (await isAgreed())) return;
  throw new TopfiveError(
    'usage',
    `the ${terms}, were not downloaded: that licence forbids commercial use; --accept-licence takes them on these terms`,
  );
}

async function isAgreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question('download on these terms? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

/** From the first place that has the file. */
async function pullFirst(sources: Source[], request: Pull): Promise<CardArtifact> {
  const [source, ...others] = sources;
  try {
    return await pullFrom(source, request);
  } catch (error) {
    if (!(error instanceof TopfiveError) || error.kind !== 'not-found') throw error;
    if (others.length === 0) throw advised(error, { source, request });
    tell(`${error.message}; trying ${others[0].url}`);
    return pullFirst(others, request);
  }
}

function pullFrom(
  { url, sha256Prefix }: Source,
  { card, flags, settings }: Pull,
): Promise<CardArtifact> {
  const cache = openArtifactCache(readCacheSettings());
  const { ci } = settings.environment;
  return whileWriting({ label: card.id, ci }, ({ signal, progressOf }) =>
    pullCardArtifact(cache, {
      id: card.id,
      url,
      sha256: flags.sha256 ?? sha256Prefix,
      downloading: { signal, onProgress: progressOf('downloaded'), onRetry: tell },
      importing: { signal, onProgress: progressOf('written'), onWait: tellWaiting },
    }),
  );
}

/** The same error with the way that needs no connection. */
function advised(
  error: TopfiveError,
  { source, request }: { source: Source; request: Pull },
): TopfiveError {
  const { id } = request.card;
  const file = fileNameOf(source.url);
  return new TopfiveError(
    error.kind,
    `${error.message}: download it elsewhere, put it at ${resolve(file)}, and run "topfive models import ${id} --weights ${file}"; "topfive models show ${id}" lists other places for --from`,
    { cause: error },
  );
}
