/** Queue URLs: which server they name, and how they are shown without their password. */
import { TopfiveError } from '../errors.ts';

export type EngineKind = 'redis' | 'postgres';

const kinds: Record<string, EngineKind> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'unix:': 'redis',
  'redis+sentinel:': 'redis',
  'rediss+sentinel:': 'redis',
  'redis+cluster:': 'redis',
  'rediss+cluster:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
};

/** The kind of server behind a queue URL; a `queue` error for any other URL. */
export function engineKind(url: string): EngineKind {
  const scheme = /^[a-z+]+:/i.exec(url)?.[0].toLowerCase() ?? '';
  const kind = kinds[scheme];
  if (kind) return kind;
  throw new TopfiveError(
    'queue',
    `a queue is redis://, rediss://, redis+sentinel://, redis+cluster://, unix:///path/to/redis.sock or postgres://, but it is "${redactUrl(url)}"; leave it out to use the embedded engine`,
  );
}

/** The same URL with its password replaced by `***`. */
export function redactUrl(url: string): string {
  return url
    .replace(/^([a-z+]+:\/\/[^:@/?]*):.*@/i, '$1:***@')
    .replace(/([?&](?:sentinel)?password=)[^&]*/gi, '$1***')
    .replace(/([?&]ca=)[^&]*/g, '$1…');
}

/** A message of a driver about this URL, without its password should it contain it. */
export function redactMessage(message: string, url: string): string {
  const secrets = [
    ...url.matchAll(/^[a-z+]+:\/\/[^:@/?]*:(.+)@/gi),
    ...url.matchAll(/[?&](?:sentinel)?password=([^&]+)/gi),
  ].map(([, secret]) => secret);
  return secrets.reduce(
    (text, secret) => text.replaceAll(secret, '***').replaceAll(decode(secret), '***'),
    message,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A Redis on a port, guarded by a password. With an authority (PEM) the connection is encrypted and `?ca=` carries what
 * signed the server's certificate, so that the URL is all that a client needs.
 */
export function networkUrl({
  host,
  port,
  secret,
  authority,
}: {
  host: string;
  port: number;
  secret: string;
  authority?: string;
}): string {
  const place = `:${secret}@${host.includes(':') ? `[${host}]` : host}:${port}`;
  return authority === undefined
    ? `redis://${place}`
    : `rediss://${place}?ca=${Buffer.from(authority).toString('base64url')}`;
}

/** `unix:///run/redis.sock?db=1`: a Redis that listens on a Unix socket. */
export function unixUrl(socket: string): string {
  return `unix://${encodeURI(socket)}`;
}

/** A Postgres that listens on the Unix socket in this directory; the directory takes the host's place, encoded. */
export function postgresSocketUrl(directory: string): string {
  return `postgres://topfive@${encodeURIComponent(directory)}:5432/postgres`;
}
