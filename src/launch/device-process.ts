/** A process that computes one thing on a device and ends: nothing of an earlier one is warm in it, and it may die. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorKind, messageOf, TopfiveError } from '../errors.ts';
import type { RestartRequest } from '../jobs/measure-restart.ts';
import type { Trial, TrialRequest } from '../jobs/try-model.ts';
import type { Device } from '../onnx/device.ts';
import type { TriedPrecision } from '../onnx/try-device.ts';
import type { Restart } from '../scoring/latency-record.ts';

export type DeviceRequest =
  | { ask: 'restart'; request: RestartRequest }
  | { ask: 'model'; request: TrialRequest }
  | { ask: 'try'; device: Device; precision: TriedPrecision };

export interface DeviceAnswer {
  restart: Restart;
  model: Trial;
  /** Why the device does not work; null when it does. */
  try: string | null;
}

export type DeviceReply =
  | { answer: DeviceAnswer[keyof DeviceAnswer] }
  | { error: { message: string; kind: ErrorKind | null } };

export interface DeviceProcessOptions {
  /** Environment of the process; the runtime and its drivers read their settings from there. */
  env: NodeJS.ProcessEnv;
  /** Ends the process. */
  signal?: AbortSignal;
}

/** @throws TopfiveError `failed` when the process ends without an answer, e.g. for want of memory */
export function restartElsewhere(
  request: RestartRequest,
  options: DeviceProcessOptions,
): Promise<Restart> {
  return ask({ ask: 'restart', request }, options);
}

/** @throws TopfiveError `model` for a file that cannot be evaluated, or whose trial ends the process */
export async function tryModelElsewhere(
  request: TrialRequest,
  options: DeviceProcessOptions,
): Promise<Trial> {
  try {
    return await ask({ ask: 'model', request }, options);
  } catch (error) {
    if (error instanceof TopfiveError && error.kind === 'model') throw error;
    throw new TopfiveError(
      'model',
      `${request.path} could not be tried out: ${messageOf(error)}; give this machine more memory, or leave the model out`,
      { cause: error },
    );
  }
}

/** @returns why the device does not work; null when it does */
export async function tryDeviceElsewhere(
  device: Device,
  { precision = 'fp32', ...options }: DeviceProcessOptions & { precision?: TriedPrecision },
): Promise<string | null> {
  try {
    return await ask({ ask: 'try', device, precision }, options);
  } catch (error) {
    return messageOf(error);
  }
}

const program = fileURLToPath(
  new URL(`../workers/device-process${extname(import.meta.url)}`, import.meta.url),
);

async function ask<Kind extends DeviceRequest['ask']>(
  request: Extract<DeviceRequest, { ask: Kind }>,
  { env, signal }: DeviceProcessOptions,
): Promise<DeviceAnswer[Kind]> {
  const child = fork(program, [], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return (await answerOf(child, request)) as DeviceAnswer[Kind];
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

async function answerOf(child: ChildProcess, request: DeviceRequest) {
  let reply: DeviceReply | undefined;
  let said = '';
  child.on('message', (message) => {
    reply = message as DeviceReply;
  });
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text.toString()).slice(-lastWords);
  });
  child.send(request);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (reply === undefined) throw ended({ code, signal, said });
  if ('answer' in reply) return reply.answer;
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
    `the process that computes ended with ${signal ?? `exit code ${code}`}${memory}${words}`,
  );
}
