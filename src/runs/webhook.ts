/** The signed webhook: one message, to a public address, tried again until it is taken or time is up. */
import { createHmac, randomUUID } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { WebhookSettings } from '../config.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import { fetch, openWebClient, type WebClient } from '../storage/web-client.ts';
import { type Address, resolvePublic } from './public-address.ts';

/** Waits before the second and each further attempt, in milliseconds. */
const usualWaits = [1000, 4000, 16_000];
/** A server that asks for more patience than this is not waited for, in milliseconds. */
const mostPatience = 60_000;
/** How long one attempt may take, in milliseconds; Slack answers well within one second. */
const attemptMs = 10_000;
/** The server is busy or broken for the moment. */
const passing = [408, 425, 429, 500, 502, 503, 504];

export interface Delivery {
  /** The host alone, because the rest of such URLs is often a secret. */
  host: string;
  delivered: boolean;
  attempts: number;
  /** Why it was not delivered; null when it was. */
  reason: string | null;
}

/** @throws TopfiveError `usage` for what is no URL of a web server, without repeating it */
export function checkWebhook({ url }: WebhookSettings): void {
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.username === '') return;
  throw new TopfiveError(
    'usage',
    'the webhook must be a URL that begins with https:// or http://, without a user; correct --webhook, webhook in the spec, or TOPFIVE_WEBHOOK',
  );
}

/** Sends a message as JSON; what keeps it from being taken is in the result, never thrown. */
export async function sendWebhook(
  message: object,
  {
    url,
    waits = usualWaits,
    ...rules
  }: Omit<WebhookSettings, 'url'> & { url: string; waits?: readonly number[] },
): Promise<Delivery> {
  const target = new URL(url);
  const sending = { target, body: JSON.stringify(message), id: `msg_${randomUUID()}`, rules };
  for (let attempts = 1; ; attempts += 1) {
    const failure = await attemptOnce(sending);
    if (failure === null) return { host: target.host, delivered: true, attempts, reason: null };
    const wait = waits[attempts - 1];
    if (failure.retryAfterMs === null || wait === undefined) {
      return { host: target.host, delivered: false, attempts, reason: failure.reason };
    }
    await pause(Math.max(wait, failure.retryAfterMs));
  }
}

interface Failure {
  reason: string;
  /** Null where another attempt cannot help. */
  retryAfterMs: number | null;
}

interface Sending {
  target: URL;
  body: string;
  id: string;
  rules: Omit<WebhookSettings, 'url'>;
}

/** Null when the message was taken. */
async function attemptOnce(sending: Sending): Promise<Failure | null> {
  const addresses = await addressesFor(sending);
  if (addresses instanceof TopfiveError && !addresses.retryable) {
    return { reason: addresses.message, retryAfterMs: null };
  }
  const client = openWebClient({ silenceMs: attemptMs, lookup: answering(addresses) });
  try {
    return await post(client, sending);
  } catch (error) {
    return { reason: `it cannot be reached: ${messageOf(deepest(error))}`, retryAfterMs: 0 };
  } finally {
    await client.destroy();
  }
}

/** A name that only the proxy knows stays unknown here; the error then matters to a direct connection alone. */
async function addressesFor({ target, rules }: Sending): Promise<Address[] | TopfiveError> {
  try {
    return await resolvePublic(target.hostname, rules);
  } catch (error) {
    if (error instanceof TopfiveError) return error;
    throw error;
  }
}

/** Connections go to the addresses that were checked, whatever the name says by then. */
function answering(found: Address[] | TopfiveError): LookupFunction {
  return (_name, { all }, done) => {
    if (found instanceof TopfiveError) done(found, '');
    else if (all) done(null, found);
    else done(null, found[0].address, found[0].family);
  };
}

async function post(client: WebClient, { target, body, id, rules }: Sending) {
  const answer = await fetch(target, {
    method: 'POST',
    body,
    headers: headersOf({ id, body, secret: rules.secret }),
    dispatcher: client,
    // It could lead to where the address was not checked.
    redirect: 'manual',
    signal: AbortSignal.timeout(attemptMs),
  });
  await answer.body?.cancel();
  if (answer.ok) return null;
  const retryAfterMs = Number(answer.headers.get('retry-after') ?? 0) * 1000;
  const patient = passing.includes(answer.status) && !(retryAfterMs > mostPatience);
  return {
    reason: `it answered ${answer.status} ${answer.statusText}`.trimEnd(),
    // A date in place of seconds is not worth reading.
    retryAfterMs: patient ? retryAfterMs || 0 : null,
  };
}

function headersOf({ id, body, secret }: { id: string; body: string; secret: string | undefined }) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    'content-type': 'application/json',
    'user-agent': 'topfive',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(secret !== undefined && {
      'webhook-signature': signatureOf({ id, timestamp, body, secret }),
    }),
  };
}

/**
 * `v1,` and the HMAC-SHA256 of id, timestamp and body, as Standard Webhooks have it.
 * @param parts.secret text, or `whsec_` and base64
 * @see https://www.standardwebhooks.com
 */
function signatureOf(parts: {
  id: string;
  timestamp: string;
  body: string;
  secret: string;
}): string {
  const { id, timestamp, body, secret } = parts;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `v1,${digest}`;
}

/** The client wraps what went wrong; of several addresses the first is as good as any. */
function deepest(error: unknown): unknown {
  if (error instanceof AggregateError) return deepest(error.errors[0]);
  return error instanceof Error && error.cause ? deepest(error.cause) : error;
}
