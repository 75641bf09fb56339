/** Opens an engine as a process of its own and keeps it until its standard input ends. */
import { once } from 'node:events';
import { createLogger } from '../../src/log.ts';
import { type EngineOptions, openEngine } from '../../src/queue/engine.ts';

const options = JSON.parse(process.argv[2]) as Omit<EngineOptions, 'own' | 'log'>;
console.log('ready');
await once(process.stdin, 'data');
const engine = await openEngine({ ...options, own: true, log: createLogger('info') });
console.log(JSON.stringify({ url: engine.url, owned: engine.owned }));
await once(process.stdin, 'end');
console.log(`owned ${engine.owned}`);
await engine.close();
console.log('closed');
