/** Asks a cache for an entry and says what happened; ends when its input does. */

import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openArtifactCache } from '../../src/storage/artifact-cache.ts';

interface Program {
  root: string;
  key: string;
  /** Takes a line each time something is made. */
  log: string;
  /** Starts to make, and never ends. */
  hang: boolean;
}

const { root, key, log, hang } = JSON.parse(process.argv[2]) as Program;
const cache = openArtifactCache({ root, limit: 1000 });
console.log('ready');
await once(process.stdin, 'data');
const entry = await cache.getOrMake(
  key,
  async (folder) => {
    appendFileSync(log, `${process.pid}\n`);
    writeFileSync(join(folder, 'part.bin'), 'half');
    console.log('making');
    if (hang) await new Promise(() => setInterval(() => {}, 1000));
    writeFileSync(join(folder, 'part.bin'), 'whole');
  },
  { onWait: () => console.log('waiting') },
);
console.log(`got ${entry.files[0].sha256}`);
await once(process.stdin, 'end');
