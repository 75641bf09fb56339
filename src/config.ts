/** The settings that come from the environment; the only reader of `process.env`. */
import { createRequire } from 'node:module';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { TopfiveError } from './errors.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface Environment {
  /** Where runs, manifests and caches are kept: a directory or `s3://…`. */
  store: string;
  /** URL of the queue; undefined means the embedded engine. */
  queue: string | undefined;
  logLevel: string;
  /** Cores that this process may use. */
  cores: number;
  /** Bytes of memory that this process may use: the machine's, or its container's. */
  memory: number;
  /** Directories searched for executables. */
  path: string;
  /** Files that name the Vulkan drivers in place of the system's; undefined when nobody chose them. */
  vulkanDrivers: string | undefined;
  /** True when a continuous-integration service says so; progress is then plain lines. */
  ci: boolean;
  /** Who runs this, for what people put their name to: a service's actor, or the user. */
  actor: string;
  /** A step of GitHub Actions: whether this is one, and the file that takes its summary. */
  github: { actions: boolean; stepSummary: string | undefined };
  /** Everything, for child processes. */
  all: NodeJS.ProcessEnv;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    store: env.TOPFIVE_STORE || '.topfive',
    queue: env.TOPFIVE_QUEUE || undefined,
    logLevel: env.TOPFIVE_LOG_LEVEL || 'info',
    cores: availableParallelism(),
    // Without a limit it is 0, or far more than there is.
    memory: Math.min(totalmem(), process.constrainedMemory() || totalmem()),
    path: env.PATH ?? '',
    vulkanDrivers: env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES || undefined,
    ci: env.CI === 'true' || env.CI === '1',
    actor: actorOf(env),
    github: {
      actions: env.GITHUB_ACTIONS === 'true',
      stepSummary: env.GITHUB_STEP_SUMMARY || undefined,
    },
    all: env,
  };
}

/** Where this machine keeps what belongs to stores elsewhere, such as the data of their queues. */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(baseDirectory(env.XDG_STATE_HOME, '.local/state'), 'topfive');
}

export interface S3Settings {
  /** Base URL of a server that speaks S3's protocol; undefined for AWS. */
  endpoint: string | undefined;
  /** Undefined leaves it to the AWS profile. */
  region: string | undefined;
  /** True when the bucket stands in the path of a request, not in its host name. */
  pathStyle: boolean;
  /** How long a server may take to begin an answer, in milliseconds; bytes have time besides. */
  timeoutMs: number;
}

/** Seconds; S3 begins its answers well within one. */
const usualS3Timeout = '15';

/** The S3 settings of topfive over those of AWS; credentials are left to the standard chain. */
export function readS3Settings(env: NodeJS.ProcessEnv = process.env): S3Settings {
  const endpoint =
    env.TOPFIVE_S3_ENDPOINT || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new TopfiveError(
      'usage',
      `The S3 endpoint must be an http:// or https:// URL, not "${endpoint}"; correct TOPFIVE_S3_ENDPOINT or AWS_ENDPOINT_URL_S3.`,
    );
  }
  const region = env.TOPFIVE_S3_REGION || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const pathStyle = env.TOPFIVE_S3_PATH_STYLE || String(endpoint !== undefined);
  if (pathStyle !== 'true' && pathStyle !== 'false') {
    throw new TopfiveError('usage', `TOPFIVE_S3_PATH_STYLE is true or false, not "${pathStyle}".`);
  }
  const timeout = env.TOPFIVE_S3_TIMEOUT || usualS3Timeout;
  if (!(Number(timeout) > 0)) {
    throw new TopfiveError('usage', `TOPFIVE_S3_TIMEOUT is a number of seconds, not "${timeout}".`);
  }
  return {
    endpoint,
    // A server of one's own rarely has regions, but the signature needs one.
    region: region || (endpoint === undefined ? undefined : 'us-east-1'),
    pathStyle: pathStyle === 'true',
    timeoutMs: Number(timeout) * 1000,
  };
}

export interface CacheSettings {
  /** Where this machine keeps artifacts that were downloaded or made: an absolute path. */
  root: string;
  /** Most bytes that it keeps of them. */
  limit: number;
}

/** The fourteen models in fp32 and fp16 are 16 GB. */
const usualCacheSize = '32GB';

export function readCacheSettings(env: NodeJS.ProcessEnv = process.env): CacheSettings {
  return {
    root: resolve(
      env.TOPFIVE_CACHE || join(baseDirectory(env.XDG_CACHE_HOME, '.cache'), 'topfive'),
    ),
    limit: readCacheSize(env.TOPFIVE_CACHE_SIZE || usualCacheSize),
  };
}

export interface ProxySettings {
  /** URLs of the proxies for http:// and https://, which may be one; empty for none. */
  http: string;
  https: string;
  /** Hosts that are asked directly. */
  none: string;
}

/** As curl and most programs read them: names in lower case win. */
export function readProxySettings(env: NodeJS.ProcessEnv = process.env): ProxySettings {
  const http = withScheme(env.http_proxy || env.HTTP_PROXY || '');
  return {
    http,
    https: withScheme(env.https_proxy || env.HTTPS_PROXY || '') || http,
    none: env.no_proxy || env.NO_PROXY || '',
  };
}

/** A proxy is often written without the `http://`. */
function withScheme(proxy: string): string {
  return proxy === '' || proxy.includes('://') ? proxy : `http://${proxy}`;
}

export interface WebhookSettings {
  /** Where verdicts of nights are sent; undefined for nowhere. */
  url: string | undefined;
  /** Signs the messages; undefined leaves them unsigned. */
  secret: string | undefined;
  /** Whether the URL may lead to an address that only a network of one's own reaches. */
  allowPrivate: boolean;
}

export function readWebhookSettings(env: NodeJS.ProcessEnv = process.env): WebhookSettings {
  const allowed = env.TOPFIVE_WEBHOOK_ALLOW_PRIVATE || 'false';
  if (allowed !== 'true' && allowed !== 'false') {
    throw new TopfiveError(
      'usage',
      `TOPFIVE_WEBHOOK_ALLOW_PRIVATE is true or false, not "${allowed}".`,
    );
  }
  return {
    url: env.TOPFIVE_WEBHOOK || undefined,
    secret: env.TOPFIVE_WEBHOOK_SECRET || undefined,
    allowPrivate: allowed === 'true',
  };
}

/** XDG Base Directory Specification: a relative path is ignored. */
function baseDirectory(named: string | undefined, usual: string): string {
  return named?.startsWith('/') ? named : join(homedir(), usual);
}

const byteUnits: Record<string, number> = { MB: 1e6, GB: 1e9, TB: 1e12 };

/** @returns bytes of a text such as `32GB` or `1.5 TB`; undefined for any other text */
export function parseBytes(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?) ?([MGT]B)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * byteUnits[unit];
}

function readCacheSize(text: string): number {
  const size = parseBytes(text);
  if (size !== undefined) return size;
  throw new TopfiveError(
    'usage',
    `TOPFIVE_CACHE_SIZE is a size such as 500MB or 32GB, but it is "${text}"`,
  );
}

/** GitHub and GitLab name who set a pipeline off; its own user says nothing then. */
const actors = ['GITHUB_ACTOR', 'GITLAB_USER_LOGIN', 'USER', 'LOGNAME', 'USERNAME'];

function actorOf(env: NodeJS.ProcessEnv): string {
  return actors.map((name) => env[name]).find(Boolean) ?? 'unknown';
}

/**
 * To be called before the first session, and in the main thread: other threads have a copy of the environment.
 * ONNX Runtime 1.30 on Linux sends usage data to its makers, and keeps a device id in the home directory, unless told not
 * to. NVIDIA's libraries compute fp32 in TF32 on Ampere and later unless told not to; what a person has set stays.
 */
export function prepareRuntime(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}

/** Bytes. glibc gives larger pieces back to the system once they are freed, and keeps smaller ones. */
const mmapThreshold = 2 ** 20;

/**
 * For processes that compute: what libraries read when a process begins. By itself glibc raises its threshold to 32 MB, and
 * a worker then keeps 2.6 times the weights of its models, where it needs them once.
 */
export function computingEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...env,
    NVIDIA_TF32_OVERRIDE: env.NVIDIA_TF32_OVERRIDE ?? '0',
    MALLOC_MMAP_THRESHOLD_: env.MALLOC_MMAP_THRESHOLD_ ?? String(mmapThreshold),
  };
}

/** Whether NVIDIA's libraries may compute fp32 in TF32: a person asked for it. */
export function allowsTf32(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.NVIDIA_TF32_OVERRIDE !== '0';
}

/** The AWS SDK warns on stderr that later versions of it leave Node 20; those in use are pinned. */
export function disableSdkWarning(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}

/** The version of this package. */
export const { version: topfiveVersion } = createRequire(import.meta.url)('../package.json') as {
  version: string;
};
