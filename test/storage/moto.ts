/** An S3 server that we did not write: moto's, from Debian (`.ci/install-moto`) or from the PATH. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Program {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/** Where `.ci/install-moto` puts it. */
const unpacked = '/opt/moto/usr/lib/python3/dist-packages';

function findMoto(): Program | undefined {
  const python: Program = {
    command: '/usr/bin/python3',
    args: ['-m', 'moto.server'],
    env: existsSync(unpacked) ? { PYTHONPATH: unpacked } : {},
  };
  const onPath: Program = { command: 'moto_server', args: [], env: {} };
  return [python, onPath].find(({ command, args, env }) => {
    const tried = spawnSync(command, [...args, '--help'], { env: { ...process.env, ...env } });
    return tried.status === 0;
  });
}

const program = findMoto();

/** Why tests of S3 are skipped; false where they run. On continuous integration they always run. */
export const withoutMoto: string | false =
  program || process.env.CI ? false : 'no moto server here; .ci/install-moto installs one';

export interface Moto {
  endpoint: string;
  port: number;
  stop(): Promise<void>;
}

/** Credentials that moto takes, as it takes any, unless it was told to look. */
export const anyCredentials = { AWS_ACCESS_KEY_ID: 'anyone', AWS_SECRET_ACCESS_KEY: 'anything' };

export interface MotoOptions {
  host?: string;
  env?: Record<string, string>;
  /** Put before the command, e.g. to run it in a network namespace. */
  within?: string[];
}

/** An empty server on a port of its own. */
export async function startMoto(options: MotoOptions = {}): Promise<Moto> {
  const { host = '127.0.0.1', env = {}, within = [] } = options;
  if (!program) throw new Error('no moto server here; .ci/install-moto installs one');
  const port = await freePort();
  const command = [...within, program.command, ...program.args, '-H', host, '-p', String(port)];
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...program.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  const exited = once(child, 'exit');
  const endpoint = `http://${host}:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  for (let tries = 0; !/Running on/.test(said); tries += 1) {
    if (child.exitCode !== null || tries > 600) {
      await stop();
      throw new Error(`moto did not start: ${said}`);
    }
    await sleep(50);
  }
  return { endpoint, port, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export async function makeBucket(endpoint: string, bucket: string): Promise<void> {
  const answer = await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`bucket ${bucket}: ${answer.status} ${await answer.text()}`);
}
