/** Tries for the locks of many directories, one after the other, and says which it got. */
import { once } from 'node:events';
import { isOwned, readEngineLock, tryEngineLock } from '../../src/queue/engine-lock.ts';

const { directories } = JSON.parse(process.argv[2]) as { directories: string[] };
console.log('ready');
await once(process.stdin, 'data');
const owned: number[] = [];
for (const [index, directory] of directories.entries()) {
  for (;;) {
    const owner = readEngineLock(directory);
    if (owner && isOwned(directory, owner)) break;
    if (!tryEngineLock(directory, 'redis')) continue;
    owned.push(index);
    break;
  }
}
console.log(`owned ${JSON.stringify(owned)}`);
await once(process.stdin, 'end');
