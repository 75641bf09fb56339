/** Requests to a worker thread and their answers; errors keep their kind across the boundary. */
import { extname } from 'node:path';
import { parentPort, type Transferable, Worker } from 'node:worker_threads';
import { type ErrorKind, messageOf, TopfiveError } from '../errors.ts';

interface Envelope {
  id: number;
  payload: unknown;
}

type Reply = { id: number; payload: unknown } | { id: number; error: Thrown };

interface Thrown {
  message: string;
  kind: ErrorKind | null;
  stack: string | undefined;
}

export interface Thread<Request, Answer> {
  /** Resolves with the answer to this request; buffers in `transfer` move and are gone here. */
  ask(request: Request, transfer?: Transferable[]): Promise<Answer>;
  /** Stops the thread once it has answered everything asked so far. */
  close(): Promise<void>;
}

/** The file that lies beside `here`, with the extension that this build runs (`.ts` or `.js`). */
export function threadFile(here: string, name: string): URL {
  return new URL(`${name}${extname(here)}`, here);
}

export function startThread<Request, Answer>(file: URL): Thread<Request, Answer> {
  const worker = new Worker(file);
  const asked = new Map<number, PromiseWithResolvers<Answer>>();
  let nextId = 0;
  let ended: Error | undefined;

  function end(error: Error): void {
    ended ??= error;
    for (const { reject } of asked.values()) reject(ended);
    asked.clear();
  }
  worker.on('message', (reply: Reply) => {
    const waiting = asked.get(reply.id);
    asked.delete(reply.id);
    if ('error' in reply) waiting?.reject(revive(reply.error));
    else waiting?.resolve(reply.payload as Answer);
  });
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`a worker thread ended with exit code ${code}`)));

  return {
    ask(request, transfer = []) {
      if (ended) return Promise.reject(ended);
      const waiting = withResolvers<Answer>();
      nextId += 1;
      asked.set(nextId, waiting);
      worker.postMessage({ id: nextId, payload: request } satisfies Envelope, transfer);
      return waiting.promise;
    },
    async close() {
      await Promise.allSettled([...asked.values()].map(({ promise }) => promise));
      await worker.terminate();
    },
  };
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

function revive({ message, kind, stack }: Thrown): Error {
  const error = kind ? new TopfiveError(kind, message) : new Error(message);
  if (stack) error.stack = stack;
  return error;
}

/** Answers requests in this thread; requests may overlap. */
export function answerRequests<Request, Answer>(
  handle: (request: Request) => Promise<{ answer: Answer; transfer?: Transferable[] }>,
): void {
  parentPort?.on('message', async ({ id, payload }: Envelope) => {
    try {
      const { answer, transfer } = await handle(payload as Request);
      parentPort?.postMessage({ id, payload: answer } satisfies Reply, transfer);
    } catch (error) {
      const kind = error instanceof TopfiveError ? error.kind : null;
      const stack = error instanceof Error ? error.stack : undefined;
      parentPort?.postMessage({
        id,
        error: { message: messageOf(error), kind, stack },
      } satisfies Reply);
    }
  });
}
