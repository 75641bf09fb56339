/** Options of a coordinator, and what they mean: where it listens and who starts its workers. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Command } from 'commander';
import { messageOf, TopfiveError } from '../errors.ts';
import type { Plan } from '../jobs/plan.ts';
import type { NetworkListening, TlsFiles } from '../queue/embedded-server.ts';
import { checkStore } from '../runs/check-store.ts';
import { openCoordinator } from '../runs/coordinate.ts';
import { openWorkplace, type Workplace } from '../runs/workplace.ts';
import { openStorage } from '../storage/open.ts';
import { type LaunchChoice, launchOption } from './launch.ts';
import { wholeNumber } from './options.ts';
import type { CliSettings } from './settings.ts';

export interface CoordinatorFlags {
  coordinate?: true;
  launch?: LaunchChoice;
  port?: number;
  host?: string;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
}

/** The port on which Redis is expected; firewalls are opened for it. */
const redisPort = 6379;
const highestPort = 65_535;

export function addCoordinatorOptions(command: Command): Command {
  return command
    .option('--coordinate', 'carry the queue here, on a port, for workers on other machines')
    .addOption(launchOption('none (workers come by themselves)').default(undefined, 'none'))
    .option(
      '--port <n>',
      `where a coordinator's queue listens; 0 takes a free port (${redisPort})`,
      wholeNumber(0, highestPort),
    )
    .option('--host <name>', "a coordinator's name or address for its workers (this machine's)")
    .option('--tls-cert <file>', "PEM certificate of a coordinator's queue")
    .option('--tls-key <file>', 'its private key')
    .option('--tls-ca <file>', 'what signed it (the certificate itself)');
}

/** The place where a run is worked on: a coordinator's for this run alone, or the store's. */
export async function openPlace(
  { runId }: Pick<Plan, 'runId'>,
  { flags, settings }: { flags: CoordinatorFlags; settings: CliSettings },
): Promise<Workplace> {
  if (!flags.coordinate) return openWorkplace(settings);
  const { store, log } = settings;
  const storage = openStorage(store);
  await checkStore(storage);
  return openCoordinator(runId, { storage, listen: await readListening(flags), log });
}

/** Refuses options that mean nothing together, before any work is done. */
export function checkCoordinatorFlags(
  flags: CoordinatorFlags & { workers?: number },
  { queue }: Pick<CliSettings, 'queue'>,
): void {
  const { coordinate, workers, launch, port, host, tlsCert, tlsKey, tlsCa } = flags;
  const given = { launch, port, host, 'tls-cert': tlsCert, 'tls-key': tlsKey, 'tls-ca': tlsCa };
  const named = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`],
  );
  if (!coordinate && named.length > 0) {
    throw new TopfiveError(
      'usage',
      named.length > 1
        ? `${named.join(', ')} say how a coordinator works: add --coordinate, or leave them out`
        : `${named[0]} says how a coordinator works: add --coordinate, or leave it out`,
    );
  }
  if (!coordinate) return;
  if (workers !== undefined) {
    throw new TopfiveError(
      'usage',
      'a coordinator launches by --launch, such as local:N, not --workers',
    );
  }
  if (queue !== undefined) {
    throw new TopfiveError(
      'usage',
      'a coordinator carries a queue of its own: leave out --coordinate, or --queue and TOPFIVE_QUEUE',
    );
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined) || (tlsCa && !tlsCert)) {
    throw new TopfiveError('usage', 'TLS needs both --tls-cert and --tls-key, as PEM files');
  }
}

async function readListening(flags: CoordinatorFlags): Promise<NetworkListening> {
  const { port = redisPort, host = ownAddress(), tlsCert, tlsKey, tlsCa } = flags;
  if (tlsCert === undefined || tlsKey === undefined) return { port, host };
  return { port, host, tls: await readTls(tlsCert, { keyFile: tlsKey, ca: tlsCa ?? tlsCert }) };
}

async function readTls(
  certFile: string,
  { keyFile, ca }: { keyFile: string; ca: string },
): Promise<TlsFiles> {
  try {
    await readFile(keyFile);
    const authority = await readFile(ca, 'utf8');
    return { certFile, keyFile, authority };
  } catch (error) {
    throw new TopfiveError('usage', `the TLS files cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The first IPv4 address that other machines could reach: a container on AWS Fargate has a link-local one before it. */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const reachable = addresses.find(
    ({ internal, family, address }) =>
      !internal && family === 'IPv4' && !address.startsWith('169.254.'),
  );
  return reachable?.address ?? '127.0.0.1';
}
