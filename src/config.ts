/** The settings that come from the environment; the only reader of `process.env`. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface Environment {
  /** Where runs, manifests and caches are kept: a directory or `s3://…`. */
  store: string;
  /** URL of the queue; undefined means the embedded engine. */
  queue: string | undefined;
  logLevel: string;
  /** Cores that this process may use. */
  cores: number;
  /** Directories searched for executables. */
  path: string;
  /** True when a continuous-integration service says so; progress is then plain lines. */
  ci: boolean;
  /** Everything, for child processes. */
  all: NodeJS.ProcessEnv;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    store: env.TOPFIVE_STORE || '.topfive',
    queue: env.TOPFIVE_QUEUE || undefined,
    logLevel: env.TOPFIVE_LOG_LEVEL || 'info',
    cores: availableParallelism(),
    path: env.PATH ?? '',
    ci: env.CI === 'true' || env.CI === '1',
    all: env,
  };
}

/**
 * ONNX Runtime 1.30 on Linux sends usage data to its makers, and keeps a device id in the home directory, unless this is set
 * before its first session. Only the main thread can set it: other threads have a copy of the environment.
 */
export function disableRuntimeTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

/** The version of this package. */
export const { version: topfiveVersion } = createRequire(import.meta.url)('../package.json') as {
  version: string;
};
