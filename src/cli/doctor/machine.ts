/** Checks of the machine: Node, memory, disk. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { bytes } from '../../report/numbers.ts';
import { engineDirectory } from '../../runs/workplace.ts';
import { openStorage } from '../../storage/open.ts';
import { type Check, type Finding, fine } from './finding.ts';

/** The oldest Node.js that the package supports (package.json: engines). */
const oldestNode = [20, 19] as const;

export const checkNode: Check = async () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const recent = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (recent) return fine(process.version);
  return {
    status: 'fail',
    finding: `${process.version} is older than ${oldestNode.join('.')}`,
    mend: 'install a current Node.js',
  };
};

/** One worker with a model of a few hundred MB. */
const littleMemory = 1e9;

export const checkMemory: Check = async () =>
  low(`${bytes(freemem())} of ${bytes(totalmem())} free`, {
    isLow: freemem() < littleMemory,
    mend: 'close other programs, or run with fewer --workers',
  });

/** Records and predictions of fourteen models on 50,000 images, several times over. */
const littleDisk = 2e9;

export const checkDisk: Check = async ({ store }) => {
  let place = engineDirectory(openStorage(store));
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  return low(`${bytes(bavail * bsize)} free at ${place}`, {
    isLow: bavail * bsize < littleDisk,
    mend: 'make room, or choose another --store',
  });
};

function low(finding: string, { isLow, mend }: { isLow: boolean; mend: string }): Finding {
  return isLow ? { status: 'warn', finding, mend } : fine(finding);
}
