/** Which addresses a message may go to: public ones, so that a webhook cannot reach into the network it is sent from. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { messageOf, TopfiveError } from '../errors.ts';

export interface Address {
  address: string;
  family: 4 | 6;
}

/**
 * True for an address that anybody can be reached at: not private, loopback, link-local, reserved or multicast, and not an
 * IPv6 spelling of one that is.
 */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/**
 * All addresses of a host. A name with a public and a private one is refused.
 * @param host of a URL: a name, an IPv4 address, or an IPv6 address in brackets
 * @throws TopfiveError `usage` for a private address, unless they are allowed; `storage`, retryable, when the name is not known
 */
export async function resolvePublic(
  host: string,
  { allowPrivate }: { allowPrivate: boolean },
): Promise<Address[]> {
  const name = host.replace(/^\[|\]$/g, '');
  const found = await addressesOf(name);
  const barred = allowPrivate ? undefined : found.find(({ address }) => !isPublic(address));
  if (!barred) return found;
  const at = barred.address === name ? 'is' : `is at ${barred.address}, which is`;
  throw new TopfiveError(
    'usage',
    `${name} ${at} no public address; TOPFIVE_WEBHOOK_ALLOW_PRIVATE=true lets messages go there`,
  );
}

async function addressesOf(name: string): Promise<Address[]> {
  const family = isIP(name);
  if (family !== 0) return [{ address: name, family: family === 4 ? 4 : 6 }];
  try {
    const found = await lookup(name, { all: true });
    return found.map((one) => ({ address: one.address, family: one.family === 4 ? 4 : 6 }));
  } catch (error) {
    throw new TopfiveError('storage', `${name} is not known (${messageOf(error)})`, {
      cause: error,
    });
  }
}
