/** Clients of a Redis: of one server, of the master that sentinels name, or of a cluster. */
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { TopfiveError } from '../errors.ts';
import { redactUrl } from './url.ts';

interface Node {
  host: string;
  port: number;
}

/** Options of ioredis, and `nodes`, since it knows a cluster by another constructor alone. */
export interface RedisPlace {
  host?: string;
  port?: number;
  /** Of a socket. */
  path?: string;
  db: number;
  username?: string;
  password?: string;
  tls?: { ca?: string };
  connectTimeout: number;
  retryStrategy: (times: number) => number;
  reconnectOnError: (error: Error) => false | 2;
  sentinels?: Node[];
  /** Of the master, as its sentinels call it. */
  name?: string;
  sentinelUsername?: string;
  sentinelPassword?: string;
  sentinelTLS?: { ca?: string };
  enableTLSForSentinelMode?: boolean;
  socketTimeout?: number;
  /** Of a cluster: those that are asked for the others. */
  nodes?: Node[];
}

/**
 * A server that is lost with its host says nothing, and another may have its place by then. Longer than anything that BullMQ
 * waits for on purpose, in milliseconds.
 */
const silenceMs = 30_000;
const redisPort = 6379;
const sentinelPort = 26_379;

/**
 * `redis://`, `rediss://` (TLS) or `unix://` for one server. The latter has no place for a user, so it takes `?username=`,
 * `?password=` and `?db=`; `rediss://` takes `?ca=`, a PEM text in base64url.
 * `redis+sentinel://host,host/master` names the sentinels and the master's group, `redis+cluster://host,host` some nodes.
 * @throws TopfiveError `queue` for sentinels without the name of a master, or a cluster with a database
 */
export function redisOptions(url: string): RedisPlace {
  const several = severalHosts.exec(url)?.groups as unknown as SeveralHosts | undefined;
  if (!several) return singleOptions(url);
  return several.kind === 'cluster' ? clusterOptions(url, several) : sentinelOptions(url, several);
}

const severalHosts =
  /^(?<scheme>rediss?)\+(?<kind>sentinel|cluster):\/\/(?<login>.*@)?(?<hosts>[^@/?]+)(?<path>\/[^?]*)?(?<query>\?.*)?$/;

interface SeveralHosts {
  scheme: string;
  kind: 'sentinel' | 'cluster';
  login?: string;
  hosts: string;
  path?: string;
  query?: string;
}

function clusterOptions(url: string, several: SeveralHosts): RedisPlace {
  if ((several.path ?? '/') !== '/') {
    throw misnamed(url, 'a cluster has no databases: end the URL after its nodes');
  }
  return { ...sharedOptions(several), nodes: nodesOf(several.hosts, redisPort) };
}

function sentinelOptions(url: string, several: SeveralHosts): RedisPlace {
  const [group = '', db = ''] = (several.path ?? '').split('/').slice(1);
  if (group === '') {
    throw misnamed(url, "the master's name must follow the sentinels: …:26379/mymaster");
  }
  const options = sharedOptions(several, db);
  const asked = new URLSearchParams(several.query);
  const sentinelUsername = asked.get('sentinelUsername');
  const sentinelPassword = asked.get('sentinelPassword');
  return {
    ...options,
    sentinels: nodesOf(several.hosts, sentinelPort),
    name: decodeURIComponent(group),
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(options.tls && { sentinelTLS: options.tls, enableTLSForSentinelMode: true }),
  };
}

/** What does not depend on the hosts. */
function sharedOptions({ scheme, login = '', query = '' }: SeveralHosts, db = ''): RedisPlace {
  const { host: _, port: __, ...options } = singleOptions(`${scheme}://${login}host/${db}${query}`);
  return { ...options, socketTimeout: silenceMs };
}

function nodesOf(hosts: string, usualPort: number): Node[] {
  return hosts.split(',').map((node) => {
    const { hostname, port } = new URL(`redis://${node}`);
    return { host: bare(hostname), port: Number(port || usualPort) };
  });
}

/** An IPv6 address stands in brackets in a URL alone. */
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

function misnamed(url: string, why: string): TopfiveError {
  return new TopfiveError('queue', `the queue ${redactUrl(url)} cannot be found: ${why}`);
}

function singleOptions(url: string): RedisPlace {
  const parsed = new URL(url);
  const { protocol, hostname, port, pathname, searchParams } = parsed;
  const unix = protocol === 'unix:';
  const [username, password] = (['username', 'password'] as const).map((name) =>
    unix ? searchParams.get(name) : decodeURIComponent(parsed[name]),
  );
  return {
    ...(unix
      ? { path: decodeURIComponent(pathname) }
      : { host: bare(hostname) || 'localhost', port: Number(port || redisPort) }),
    ...(protocol === 'rediss:' && { tls: trusted(searchParams.get('ca')) }),
    ...(username && { username }),
    ...(password && { password }),
    db: Number((unix ? searchParams.get('db') : pathname.slice(1)) || 0),
    connectTimeout: 5000,
    retryStrategy: (times: number) => Math.min(25 * 2 ** times, 2000),
    // A master that has become a replica refuses to write; whoever is the master now is found by connecting again.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
}

/** The authority that `?ca=` names, in place of those that the system trusts. */
function trusted(ca: string | null): { ca?: string } {
  return ca === null ? {} : { ca: Buffer.from(ca, 'base64url').toString() };
}

/** Connects at once, unless `lazyConnect` says otherwise; without a `retryStrategy` only once. */
export function openRedis(
  place: Omit<RedisOptions, 'replyMapping'> & Pick<RedisPlace, 'nodes'>,
): Redis | Cluster {
  const client = makeClient(place);
  // Whoever listens for errors still hears them; when the last listener has gone the client would print them.
  client.on('error', () => {});
  return client;
}

function makeClient({ nodes, ...options }: Parameters<typeof openRedis>[0]): Redis | Cluster {
  if (!nodes) return new Redis(options);
  const { host: _host, port: _port, lazyConnect, retryStrategy, ...redisOptions } = options;
  return new Cluster(nodes, {
    redisOptions,
    lazyConnect: lazyConnect ?? false,
    clusterRetryStrategy: retryStrategy ?? (() => null),
    slotsRefreshTimeout: 5000,
  });
}
