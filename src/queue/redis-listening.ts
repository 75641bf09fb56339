/** Where an embedded Redis listens, decided once, and the URL under which clients find it there. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NetworkListening, ServerPlace } from './embedded-server.ts';
import { networkUrl, unixUrl } from './url.ts';

export interface RedisListening {
  url: string;
  /** Lines of the configuration: a name and its values. */
  settings: [string, ...string[]][];
}

export async function decideListening({
  listen,
  socketDirectory,
  formerUrl,
}: ServerPlace): Promise<RedisListening> {
  if (formerUrl?.startsWith('redis:')) {
    const { port, password } = new URL(formerUrl);
    return onLoopback(Number(port), password);
  }
  if (typeof listen === 'object') return onNetwork(listen);
  if (listen === 'loopback') return onLoopback(await findFreePort('127.0.0.1'), newSecret());
  return onSocket(join(socketDirectory, 'redis.sock'));
}

function onSocket(socket: string): RedisListening {
  return {
    url: unixUrl(socket),
    settings: [
      ['port', '0'],
      ['unixsocket', socket],
      ['unixsocketperm', '700'],
    ],
  };
}

function onLoopback(port: number, secret: string): RedisListening {
  return {
    url: networkUrl({ host: '127.0.0.1', port, secret }),
    settings: [['port', String(port)], ['bind', '127.0.0.1'], guard(secret)],
  };
}

async function onNetwork({ port: wanted, host, tls }: NetworkListening): Promise<RedisListening> {
  const port = wanted || (await findFreePort('0.0.0.0'));
  const secret = newSecret();
  const ports: [string, string][] = tls
    ? [
        ['port', '0'],
        ['tls-port', String(port)],
        ['tls-cert-file', tls.certFile],
        ['tls-key-file', tls.keyFile],
        ['tls-auth-clients', 'no'],
      ]
    : [['port', String(port)]];
  return {
    url: networkUrl({ host, port, secret, ...(tls && { authority: tls.authority }) }),
    // The minus sign lets a machine without IPv6 start all the same.
    settings: [...ports, ['bind', '*', '-::*'], guard(secret)],
  };
}

/**
 * Who knows the secret may use the queue, but neither configure the server nor have it load, save or copy anything
 * (the categories of `ACL CAT`). INFO is what a client asks for first, CLIENT LIST how workers are counted.
 */
function guard(secret: string): [string, ...string[]] {
  const rights = ['~*', '&*', '+@all', '-@admin', '-@dangerous', '+info', '+client|list'];
  return ['user', 'default', 'reset', 'on', `>${secret}`, ...rights];
}

/** Letters and digits only: it stands in a URL and in a configuration. */
function newSecret(): string {
  return randomBytes(24).toString('hex');
}

function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
