/** The one place that turns a queue URL into connections: for BullMQ on Redis or Postgres, and for probes. */
import {
  assertSchemaCompatibility,
  type BackendFactory,
  createIORedisClient,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  LATEST_SCHEMA_VERSION,
  RedisConnection,
  runMigrations,
  SchemaMigrationRequiredError,
} from 'bullmq';
import pg from 'pg';
import { openRedis, redisOptions } from './redis-client.ts';
import { engineKind } from './url.ts';

// BullMQ would make a client of one server of whatever options it gets.
RedisConnection.clientFactory = (options) => createIORedisClient(openRedis(options));

/** Keys on Redis; the braces keep all of them in one slot of a cluster. */
export const keyPrefix = '{topfive}';
/** The schema on Postgres that holds the queues. */
const schema = 'topfive';

export const runsQueue = 'runs';
export const shardsQueue = 'shards';
export const nightsQueue = 'nights';

/**
 * Builds a BullMQ backend from a queue URL, which stands where BullMQ takes its connection options.
 * Workers and listeners wait for a lost server for ever; whoever adds jobs gives up after about half a minute.
 */
export const createBackend: BackendFactory<IQueueBackend, string> = (name, options, role = {}) => {
  const { connection: url, ...rest } = options;
  if (engineKind(url) === 'postgres') {
    return createPostgresBackend(name, { ...rest, connection: postgresOptions(url) }, role);
  }
  const patient = role.blocking === true || role.withBlockingConnection === true;
  const connection = { ...redisOptions(url), maxRetriesPerRequest: patient ? null : 20 };
  return createRedisBackend(name, { ...rest, connection }, role);
};

/** One connection a backend besides the one that listens: a fleet of workers must fit the server's limit. */
function postgresOptions(url: string) {
  return { connectionString: url, max: 1, schema, connectionTimeoutMillis: 5000 };
}

/** A single Postgres connection, not yet open. */
export function postgresClient(url: string): pg.Client {
  return new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
}

/** Creates or upgrades the queue's tables; a role that may not create them passes where they are current. */
export async function migrate(client: pg.Client): Promise<void> {
  if ((await schemaVersion(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client, schema);
}

async function schemaVersion(client: pg.Client): Promise<number> {
  try {
    return await assertSchemaCompatibility(client, schema);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
