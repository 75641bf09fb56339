/** `topfive dataset verify`: decodes every image and lists what is wrong. */
import type { Command } from 'commander';
import { decode } from '../../data/decode.ts';
import { indexDataset } from '../../data/index-dataset.ts';
import { type Finding, verifyDataset } from '../../data/verify.ts';
import { exitCodes } from '../../errors.ts';
import { counted } from '../../report/numbers.ts';
import { visible } from '../../report/visible.ts';
import { openCount } from '../count.ts';
import { addDatasetOptions, type DatasetFlags, readDataset } from '../dataset-flags.ts';
import { jsonOption } from '../options.ts';
import { tell, writeJson, writeOut } from '../out.ts';
import { readSettings } from '../settings.ts';

interface VerifyFlags extends DatasetFlags {
  json?: true;
}

export function addVerify(dataset: Command): void {
  const command = dataset
    .command('verify')
    .description('decode every image and list what is wrong; exit code 3 if anything is');
  addDatasetOptions(command)
    .addOption(jsonOption('what is wrong'))
    .action(async (uri: string, flags: VerifyFlags) => {
      process.exitCode = await verify(uri, { flags, command });
    });
}

async function verify(
  uri: string,
  { flags, command }: { flags: VerifyFlags; command: Command },
): Promise<number> {
  const { environment } = readSettings(command);
  const { manifest, warnings } = await indexDataset(readDataset(uri, flags));
  for (const warning of warnings) tell(`warning: ${warning}`);
  const images = manifest.entries.length;
  const count = openCount('images', { expected: images, ci: environment.ci });
  const findings: Finding[] = [];
  try {
    const limit = 2 * environment.cores;
    const onProgress = () => count.add(false);
    for await (const finding of verifyDataset(manifest, { decode, limit, onProgress })) {
      findings.push(finding);
    }
  } finally {
    count.stop();
  }
  if (flags.json) await writeJson({ images, findings });
  else {
    await writeOut(findings.map((finding) => `${describe(finding)}\n`).join(''));
    tell(`${counted(images, 'image')}, ${counted(findings.length, 'finding')}`);
  }
  return findings.some(isWrong) ? exitCodes.invalid : exitCodes.done;
}

/** The same picture twice under one label is odd, but no answer depends on it. */
function isWrong(finding: Finding): boolean {
  return finding.kind !== 'duplicate' || finding.label !== finding.of.label;
}

function describe(finding: Finding): string {
  if (finding.kind !== 'duplicate') {
    return visible(`${finding.kind} ${finding.key}: ${finding.reason}`);
  }
  const { key, label, of } = finding;
  const labels =
    label === of.label ? `both labelled ${label}` : `labelled ${label} and ${of.label}`;
  return visible(`duplicate ${key}: the same bytes as ${of.key}, ${labels}`);
}
