/** A process for one restart of a latency measurement: nothing of an earlier one is warm in it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorKind, TopfiveError } from '../errors.ts';
import type { RestartRequest } from '../jobs/measure-restart.ts';
import type { Restart } from '../scoring/latency-record.ts';

/** What the process answers. */
export type MeasuringReply =
  | { restart: Restart }
  | { error: { message: string; kind: ErrorKind | null } };

const program = fileURLToPath(
  new URL(`../workers/measuring-process${extname(import.meta.url)}`, import.meta.url),
);

/**
 * @param env environment of the process; the runtime reads its settings from there
 * @throws TopfiveError `failed` when the process ends without an answer, e.g. for want of memory
 */
export async function restartElsewhere(
  request: RestartRequest,
  { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Restart> {
  const child = fork(program, [], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(child, request);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

async function answerOf(child: ChildProcess, request: RestartRequest): Promise<Restart> {
  let reply: MeasuringReply | undefined;
  let said = '';
  child.on('message', (message) => {
    reply = message as MeasuringReply;
  });
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-lastWords);
  });
  child.send(request);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (reply === undefined) throw ended({ code, signal, said });
  if ('restart' in reply) return reply.restart;
  throw new TopfiveError(reply.error.kind ?? 'failed', reply.error.message);
}

/** Characters that are kept of what a process says before it dies. */
const lastWords = 400;

function ended({
  code,
  signal,
  said,
}: {
  code: number | null;
  signal: string | null;
  said: string;
}) {
  const memory = signal === 'SIGKILL' ? ', as it is for want of memory' : '';
  const words = said.trim() === '' ? '' : `: ${said.trim().split('\n').at(-1)}`;
  return new TopfiveError(
    'failed',
    `the measuring process ended with ${signal ?? `exit code ${code}`}${memory}${words}`,
  );
}
