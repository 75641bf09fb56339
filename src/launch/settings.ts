/** The settings of platforms: what their jobs are called, and where they are asked. */
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { readEnvironment } from '../config.ts';
import { TopfiveError } from '../errors.ts';

export interface LaunchSettings {
  /** What the queues, definitions and templates of jobs are called: `<name>-worker`, `<name>-coordinator`. */
  name: string;
  kubernetes: {
    /** Namespace of the jobs; undefined leaves it to the service account or the kubeconfig. */
    namespace: string | undefined;
    /** Files of kubeconfig, as kubectl reads them. */
    configFiles: string[];
    /** URL of the API server inside of a pod; undefined elsewhere. */
    server: string | undefined;
  };
}

export function readLaunchSettings(env: NodeJS.ProcessEnv = readEnvironment().all): LaunchSettings {
  const name = env.TOPFIVE_LAUNCH_NAME || 'topfive';
  if (!/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) {
    throw new TopfiveError(
      'usage',
      `TOPFIVE_LAUNCH_NAME is made of up to 20 small letters, digits and "-", not "${name}"`,
    );
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  const files = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return {
    name,
    kubernetes: {
      namespace: env.TOPFIVE_KUBERNETES_NAMESPACE || undefined,
      configFiles: files.length > 0 ? files : [join(homedir(), '.kube/config')],
      server: host && `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    },
  };
}

/** Where a host of EC2 says what is to happen to it; the name of the setting is that of AWS's own programs. */
export function metadataService(env: NodeJS.ProcessEnv = readEnvironment().all): string {
  const url = env.AWS_EC2_METADATA_SERVICE_ENDPOINT || 'http://169.254.169.254';
  return url.replace(/\/+$/, '');
}
