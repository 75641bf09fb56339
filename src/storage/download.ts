/** A file from a web server, through proxies and over cut connections. */
import { setTimeout as pause } from 'node:timers/promises';
import { readProxySettings } from '../config.ts';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import {
  type Beginning,
  continueFile,
  forgetFile,
  readBeginning,
  startFile,
} from './partial-file.ts';
import { fetch, openWebClient, type Response, type WebClient } from './web-client.ts';

export interface DownloadOptions {
  /** Where the file gathers. What an earlier attempt left is gone on with, while the server has the same file. */
  path: string;
  signal?: AbortSignal;
  /** Not called where the server does not say how much will come. */
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Told in words that the connection broke and is tried again. */
  onRetry?: (line: string) => void;
  /** Before the first retry; doubled for each that follows without a byte between. Default a second. */
  pauseMs?: number;
}

/** Attempts in a row that bring nothing. */
const mostFailures = 5;
/** A server that is silent for so long has gone. */
const silenceMs = 60_000;
/** The server is busy or broken for the moment. */
const passing = [408, 425, 429, 500, 502, 503, 504];
/** Errors that say that there is no way, rather than that it broke. */
const noWay = ['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];

/** What broke may be whole again. The message follows the URL. */
class Interruption extends Error {}

/**
 * Brings a file to `path`, whole.
 * @throws TopfiveError `not-found` when it cannot be had, `cancelled`; what has come stays, for the next time
 */
export async function download(url: string, options: DownloadOptions): Promise<void> {
  checkUrl(url);
  const client = openWebClient({ silenceMs });
  try {
    await downloadWith(client, { url, ...options });
  } finally {
    await client.destroy();
  }
}

/** @throws TopfiveError `usage` for what is no URL of a web server, or has a password in it */
export function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.username === '') return;
  throw new TopfiveError(
    'usage',
    `a URL that begins with http:// or https:// was expected, without a password, not "${url}"`,
  );
}

interface Attempt extends DownloadOptions {
  url: string;
}

async function downloadWith(client: WebClient, task: Attempt): Promise<void> {
  const { url, path, pauseMs = 1000, onRetry } = task;
  let wait = pauseMs;
  for (let failures = 0; ; ) {
    const before = await sizeOf(path, url);
    try {
      return await attempt(client, task);
    } catch (error) {
      const known = translate(error, task);
      if (!(known instanceof Interruption)) throw known;
      const grew = (await sizeOf(path, url)) > before;
      failures = grew ? 1 : failures + 1;
      wait = grew ? pauseMs : wait * 2;
      if (failures === mostFailures) throw unavailable(url, known.message, error);
      onRetry?.(`${url} ${known.message}; trying again`);
      await pause(wait, undefined, { signal: task.signal }).catch(() => {});
    }
  }
}

async function sizeOf(path: string, url: string): Promise<number> {
  return (await readBeginning(path, url))?.size ?? 0;
}

async function attempt(client: WebClient, task: Attempt): Promise<void> {
  const { url, path, signal } = task;
  const beginning = await readBeginning(path, url);
  if (beginning && beginning.size === beginning.total) return;
  const response = await fetch(url, {
    dispatcher: client,
    ...(signal && { signal }),
    headers: {
      // The bytes themselves are counted and checked, so they must come as they are.
      'accept-encoding': 'identity',
      ...(beginning && { range: `bytes=${beginning.size}-`, 'if-range': beginning.validator }),
    },
  });
  if (url.startsWith('https:') && !response.url.startsWith('https:')) {
    throw unavailable(url, `leads to ${response.url}, without encryption`);
  }
  if (response.status === 206 && beginning && continues(response, beginning)) {
    return receive(response, { task, start: beginning.size });
  }
  if (response.status === 200) return receive(response, { task, start: 0 });
  await response.body?.cancel();
  if (response.status === 206 || response.status === 416) {
    await forgetFile(path);
    throw new Interruption('is another file than it was, and starts anew');
  }
  if (passing.includes(response.status)) {
    throw new Interruption(`answered ${response.status}`);
  }
  throw unavailable(url, `answered ${response.status} ${response.statusText}`.trimEnd());
}

/** True when the answer is of the same file and begins where what is here ends; some servers look at the range alone. */
function continues(response: Response, { size, validator }: Beginning): boolean {
  const range = response.headers.get('content-range') ?? '';
  return range.startsWith(`bytes ${size}-`) && validatorOf(response) === validator;
}

async function receive(
  response: Response,
  { task, start }: { task: Attempt; start: number },
): Promise<void> {
  const { url, path, onProgress } = task;
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isNaN(length) ? null : start + length;
  const origin = { url, validator: validatorOf(response), total };
  const file = start === 0 ? await startFile(path, origin) : await continueFile(path);
  let done = start;
  try {
    for await (const chunk of response.body ?? []) {
      await file.writeFile(chunk);
      done += chunk.length;
      if (total !== null) onProgress?.({ done, total });
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== null && done !== total) {
    throw new Interruption(`ended after ${done} of ${total} bytes`);
  }
}

/** A weak ETag does not promise the same bytes, and so cannot be gone on from. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag?.startsWith('"') ? etag : headers.get('last-modified');
}

/** An interruption where another attempt may help, or else the error for a person. */
function translate(error: unknown, { url, path, signal }: Attempt): Error {
  if (signal?.aborted) {
    return new TopfiveError(
      'cancelled',
      `the download of ${url} was interrupted; the same command goes on where it stopped`,
      { cause: error },
    );
  }
  if (error instanceof TopfiveError || error instanceof Interruption) return error;
  if (isSystemError(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EFBIG')) {
    return new TopfiveError(
      'output',
      `${path} cannot be written (${messageOf(error)}): make room, or name another directory with TOPFIVE_CACHE`,
      { cause: error },
    );
  }
  const reason = deepest(error);
  const why = `cannot be reached (${messageOf(reason)}${proxyInUse(url)})`;
  return isSystemError(reason, ...noWay) || refusal.test(String(reason))
    ? unavailable(url, why, error)
    : new Interruption(why);
}

/** Certificates that do not hold, and proxies that say no. */
const refusal = /certificate|CERT_|Proxy response|Proxy Auth/i;

/** The runtime wraps what went wrong; of several addresses the first is as good as any. */
function deepest(error: unknown): unknown {
  if (error instanceof AggregateError) return deepest(error.errors[0]);
  return error instanceof Error && error.cause ? deepest(error.cause) : error;
}

function proxyInUse(url: string): string {
  const { http, https } = readProxySettings();
  const proxy = url.startsWith('https:') ? https : http;
  return URL.canParse(proxy) ? `; the proxy is ${new URL(proxy).host}` : '';
}

function unavailable(url: string, why: string, cause?: unknown): TopfiveError {
  return new TopfiveError('not-found', `${url} ${why}`, { cause });
}
