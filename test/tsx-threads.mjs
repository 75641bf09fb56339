/** Preload for child processes that run TypeScript and start threads: tsx alone serves the main thread only. */
import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

if (isMainThread) await import('tsx');
else register();
