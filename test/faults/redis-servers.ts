/** Redis servers as a team has them: a cluster, and a master with a replica that a sentinel watches. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedis } from '../../src/queue/embedded-redis.ts';
import { eventually } from './processes.ts';

const password = 'pass-word';

export interface Server {
  port: number;
  /** Of its clients; sentinels have none. */
  password?: string;
  kill(): Promise<void>;
  /** As when its host is lost: connections stay, and nobody answers. */
  freeze(): Promise<void>;
}

export interface Servers {
  server(more?: string[]): Promise<Server>;
  sentinel(master: Server): Promise<Server>;
  close(): Promise<void>;
}

export function openServers(): Servers {
  const program = findRedis(process.env.PATH ?? '');
  assert.ok(program, 'a redis-server is on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'topfive-servers-'));
  const children: ChildProcess[] = [];
  const start = async (port: number, args: string[], input = '') => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    child.stdin?.end(input);
    const kill = async () => {
      const ended = once(child, 'exit');
      if (child.kill('SIGKILL')) await ended;
    };
    const freeze = async () => void child.kill('SIGSTOP');
    return { port, kill, freeze };
  };
  return {
    async server(more = []) {
      const port = await freePort();
      const directory = join(folder, String(port));
      mkdirSync(directory);
      const settings = [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${directory}`,
        'save ""',
        'maxmemory-policy noeviction',
        'repl-diskless-sync-delay 0',
        `requirepass ${password}`,
        `masterauth ${password}`,
        ...more,
      ];
      const started = await start(port, ['-'], `${settings.join('\n')}\n`);
      const server = { ...started, password };
      await ask(server, (client) => client.ping());
      return server;
    },
    async sentinel(master) {
      const port = await freePort();
      const file = join(folder, `sentinel-${port}.conf`);
      const settings = [
        `port ${port}`,
        `sentinel monitor zoo 127.0.0.1 ${master.port} 1`,
        `sentinel auth-pass zoo ${password}`,
        'sentinel down-after-milliseconds zoo 1000',
        'sentinel failover-timeout zoo 5000',
      ];
      writeFileSync(file, `${settings.join('\n')}\n`);
      return start(port, [file, '--sentinel']);
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every third of the slots on one of three servers. */
export async function makeCluster(servers: Servers): Promise<Server[]> {
  const busPort = await freePort();
  const nodes: Server[] = [];
  for (const port of [busPort, await freePort(), await freePort()]) {
    nodes.push(await servers.server(['cluster-enabled yes', `cluster-port ${port}`]));
  }
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [index, node] of nodes.entries()) {
    await ask(node, async (client) => {
      await client.call('CLUSTER', 'ADDSLOTSRANGE', bounds[index], bounds[index + 1] - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
      if (index > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0].port, busPort);
    });
  }
  for (const node of nodes) {
    await eventually('a whole cluster', {
      look: () =>
        ask(node, async (client) => {
          const info = String(await client.call('CLUSTER', 'INFO'));
          return /cluster_state:ok/.test(info) && /known_nodes:3/.test(info) ? true : undefined;
        }),
    });
  }
  return nodes;
}

export async function ask<T>(
  { port, password: secret }: Server,
  question: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis({
    port,
    maxRetriesPerRequest: null,
    ...(secret && { password: secret }),
  });
  client.on('error', () => {});
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
