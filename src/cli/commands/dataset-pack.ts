/** `topfive dataset pack`: the images in tar archives with an index, for reading many of them at once. */
import type { Command } from 'commander';
import type { TarIndex } from '../../data/layouts/tar-index.ts';
import { digestEntries } from '../../data/manifest.ts';
import { packDataset } from '../../data/pack/pack-dataset.ts';
import { TopfiveError } from '../../errors.ts';
import { type ChosenImages, chooseImages } from '../../jobs/choose-images.ts';
import { counted } from '../../report/numbers.ts';
import { openStorage } from '../../storage/open.ts';
import { openCount } from '../count.ts';
import { type DatasetFlags, layoutOption, readDataset } from '../dataset-flags.ts';
import { jsonOption, wholeNumber } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';
import { readSpec } from '../spec-flags.ts';

interface PackFlags extends DatasetFlags {
  out: string;
  shardSize: number;
  seed: number;
  json?: true;
}

export function addPack(dataset: Command): void {
  const command = dataset
    .command('pack')
    .description('copy the images, in random order once, into tar archives with an index')
    .argument('<spec|uri>', 'a spec file (.yaml, .json), or the images: a folder, file or s3://…')
    .requiredOption('--out <uri>', 'an empty directory or s3://bucket/prefix')
    .option('--labels <file>', 'without a spec: the labels, where the layout needs them')
    .option('--devkit <file>', "without a spec: the devkit's meta.mat, for labels in its order")
    .addOption(layoutOption())
    .option('--shard-size <n>', 'images an archive', wholeNumber(1), 1000)
    .option('--seed <n>', 'another seed, another order', wholeNumber(0), 1)
    .addOption(jsonOption('what was packed'))
    .action((source: string, flags: PackFlags) => pack(source, { flags, command }));
}

async function pack(
  source: string,
  { flags, command }: { flags: PackFlags; command: Command },
): Promise<void> {
  const { environment } = readSettings(command);
  const out = openStorage(flags.out);
  const { manifest, warnings } = await readImages(source, flags);
  for (const warning of warnings) tell(`warning: ${warning}`);
  const expected = manifest.entries.filter(({ bytes }) => bytes !== null).length;
  const count = openCount('packed', { expected, ci: environment.ci });
  const packed = await packDataset(manifest, {
    out,
    seed: flags.seed,
    shardSize: flags.shardSize,
    onImage: () => count.add(false),
  }).finally(count.stop);
  for (const warning of packed.warnings) tell(`warning: ${warning}`);
  const summary = { uri: out.uri, ...describe(packed.index), kept: packed.kept };
  if (flags.json) await writeJson(summary);
  else await writeOut(sentence(summary));
}

async function readImages(
  source: string,
  flags: PackFlags,
): Promise<Pick<ChosenImages, 'manifest' | 'warnings'>> {
  if (!/\.(ya?ml|json)$/i.test(source)) {
    return chooseImages({ dataset: readDataset(source, flags) });
  }
  const { labels, devkit, layout } = flags;
  if (labels !== undefined || devkit !== undefined || layout !== undefined) {
    throw new TopfiveError(
      'usage',
      `${source} is a spec, which says where the labels are: leave out --labels, --devkit and --layout`,
    );
  }
  return chooseImages(await readSpec(source, {}));
}

function describe({ packing, archives, keys, labels, bytes }: TarIndex) {
  const entries = keys.map((key, place) => ({
    key,
    label: labels[place],
    bytes: bytes[place],
    at: { file: key },
  }));
  return {
    images: keys.length,
    missing: bytes.filter((size) => size === null).length,
    archives: archives.length,
    bytes: archives.reduce((sum, archive) => sum + archive.bytes, 0),
    seed: packing.seed,
    shardSize: packing.shardSize,
    digest: digestEntries(entries),
  };
}

function sentence({
  uri,
  images,
  missing,
  archives,
  bytes,
  kept,
}: ReturnType<typeof describe> & { uri: string; kept: number }): string {
  const without = missing > 0 ? ` (${missing} missing)` : '';
  const there = kept > 0 ? `, ${kept} of them there already` : '';
  return `${counted(images, 'image')}${without} in ${counted(archives, 'archive')}${there}, ${(bytes / 1e6).toFixed(1)} MB: ${uri}\n`;
}
