/**
 * The way to an S3 server: requests that end in time and are tried again. The only import of the SDK, which is loaded
 * with the first request, because most commands need none.
 */
import { addAbortSignal, type Readable } from 'node:stream';
import type { S3 } from '@aws-sdk/client-s3';
import { disableSdkWarning, readS3Settings, type S3Settings } from '../config.ts';
import { messageOf } from '../errors.ts';
import { withRetries } from './retry.ts';
import { BrokenAnswer, isPassing, isUnreached, nameOf, statusOf } from './s3-errors.ts';
import { TimeLimit } from './time-limit.ts';

export type { ListObjectsV2Output, PutObjectRequest } from '@aws-sdk/client-s3';

/** Requests under way at a time in one thread; the others wait for a connection. */
const connections = 64;
const connectWithinMs = 5000;
/** A server that has answered before is on its way back; longer outages are for the queue's retries. */
const patienceMs = 60_000;
/** A server that never answered is rather misspelt. */
const firstTries = 3;

/** One attempt at a request. */
export interface Attempt {
  s3: S3;
  /** Goes with the request, and ends it when its time is over. */
  options: { abortSignal: AbortSignal };
  /** Reads the whole body. */
  body(answer: { Body?: unknown; ContentLength?: number | undefined }): Promise<Buffer>;
}

export interface S3Server {
  /** As a person knows it. */
  readonly endpoint: string;
  /** Whether it ever answered this thread. */
  readonly answered: boolean;
  /**
   * Rejects with the error of the SDK, of the network or of the body, once trying again is hopeless.
   * @param bytes sent along, which take time
   */
  request<T>(send: (attempt: Attempt) => Promise<T>, bytes?: number): Promise<T>;
}

let server: S3Server | undefined;

/** One server a thread, so that its connections are shared. */
export function s3Server(): S3Server {
  server ??= connect(readS3Settings());
  return server;
}

function connect(settings: S3Settings): S3Server {
  let s3: Promise<S3> | undefined;
  let answered = false;

  function isWorthwhile(error: unknown, tries: number): boolean {
    // The SDK corrects its clock by the answer, which is enough once.
    if (nameOf(error) === 'RequestTimeTooSkewed') return tries < 2;
    // Bytes that changed on their way; those that changed at rest stay so.
    if (messageOf(error).startsWith('Checksum mismatch')) return tries < 3;
    if (nameOf(error) === 'CredentialsProviderError') return answered;
    return isPassing(error) && (answered || !isUnreached(error) || tries < firstTries);
  }

  async function attempt<T>(send: (attempt: Attempt) => Promise<T>, bytes: number): Promise<T> {
    s3 ??= makeClient(settings);
    const client = await s3;
    const limit = new TimeLimit(settings.timeoutMs);
    limit.allow(bytes);
    try {
      const result = await send({
        s3: client,
        options: { abortSignal: limit.signal },
        body(answer) {
          answered = true;
          return readBody(answer.Body as Readable, { length: answer.ContentLength, limit });
        },
      });
      answered = true;
      return result;
    } catch (error) {
      answered ||= statusOf(error) !== undefined;
      throw error;
    } finally {
      limit.end();
    }
  }

  return {
    endpoint: settings.endpoint ?? 'AWS',
    get answered() {
      return answered;
    },
    request: (send, bytes = 0) =>
      withRetries(() => attempt(send, bytes), { isWorthwhile, patienceMs }),
  };
}

async function makeClient({ endpoint, region, pathStyle }: S3Settings): Promise<S3> {
  disableSdkWarning();
  const { S3 } = await import('@aws-sdk/client-s3');
  const agent = { keepAlive: true, maxSockets: connections };
  return new S3({
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    // Tried again here, where the body counts too.
    maxAttempts: 1,
    // Bodies go with Content-MD5, which every server checks; many do not know the SDK's own checksums in trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // Asked for with whole objects: some servers answer a range with the checksum of all.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectWithinMs,
      httpAgent: agent,
      httpsAgent: agent,
      // Waiting for a connection is no reason to warn.
      socketAcquisitionWarningTimeout: 2 ** 31 - 1,
    },
  });
}

async function readBody(
  body: Readable,
  { length, limit }: { length: number | undefined; limit: TimeLimit },
): Promise<Buffer> {
  limit.allow(length ?? 0);
  addAbortSignal(limit.signal, body);
  if (length === undefined) return Buffer.concat(await body.toArray());
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (filled + chunk.length > length) break;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled === length) return bytes;
  throw new BrokenAnswer(`the answer was to have ${length} bytes and had ${filled}`);
}
