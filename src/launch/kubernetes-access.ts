/** Which Kubernetes API server, and as whom: a pod's service account, or a kubeconfig as kubectl reads it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readEnvironment } from '../config.ts';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import type { LaunchSettings } from './settings.ts';

export interface KubernetesAccess {
  server: string;
  namespace: string;
  /** PEM texts. */
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Asked for before each request, for it may be renewed. */
  token?: (() => Promise<string>) | undefined;
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/** @throws TopfiveError `usage` when there is neither, in one sentence */
export async function findAccess({
  namespace,
  configFiles,
  server,
}: LaunchSettings['kubernetes']): Promise<KubernetesAccess> {
  if (server === undefined) return accessByConfig(configFiles, namespace);
  const read = (name: string) => readFile(`${serviceAccount}/${name}`, 'utf8');
  try {
    return {
      server,
      namespace: namespace ?? (await read('namespace')).trim(),
      ca: await read('ca.crt'),
      token: async () => (await read('token')).trim(),
    };
  } catch (error) {
    throw new TopfiveError(
      'usage',
      `this pod has no service account that it may ask Kubernetes with: ${messageOf(error)}; set automountServiceAccountToken: true`,
      { cause: error },
    );
  }
}

const execSchema = z.object({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

const userSchema = z.object({
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: execSchema.optional(),
});

const clusterSchema = z.object({
  server: z.string().regex(/^https?:\/\//, 'the server is an http:// or https:// URL'),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.string().optional(),
});

const contextSchema = z.object({
  cluster: z.string(),
  user: z.string().optional(),
  namespace: z.string().optional(),
});

const configSchema = z.object({
  'current-context': z.string().nullish(),
  contexts: z.array(z.object({ name: z.string(), context: contextSchema })).nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.object({ name: z.string(), user: userSchema.nullish() })).nullish(),
});
type Config = z.infer<typeof configSchema>;

async function accessByConfig(files: string[], wanted: string | undefined) {
  const configs = await Promise.all(files.map(readConfig));
  const found = configs.filter((config) => config !== undefined);
  const all = files.join(', ');
  const current = found.map(({ config }) => config['current-context']).find(Boolean);
  if (!current) {
    throw new TopfiveError(
      'usage',
      `${all} names no current context: "kubectl config use-context NAME" chooses one, KUBECONFIG names another file`,
    );
  }
  const pick = <T>(list: (config: Config) => { name: string; value: T }[], name: string) => {
    for (const { config, folder } of found) {
      const entry = list(config).find((each) => each.name === name);
      if (entry) return { ...entry, folder };
    }
    throw new TopfiveError('usage', `${all} refers to "${name}", which is not in it`);
  };
  const { value: context } = pick(
    ({ contexts }) => (contexts ?? []).map((each) => ({ name: each.name, value: each.context })),
    current,
  );
  const { value: cluster, folder } = pick(
    ({ clusters }) => (clusters ?? []).map((each) => ({ name: each.name, value: each.cluster })),
    context.cluster,
  );
  const user =
    context.user === undefined
      ? undefined
      : pick(
          ({ users }) => (users ?? []).map((each) => ({ name: each.name, value: each.user ?? {} })),
          context.user,
        );
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: wanted ?? context.namespace ?? 'default',
    ca: await pem(cluster, { field: 'certificate-authority', folder }),
    ...(user && (await credentialsOf(user.value, user.folder))),
  };
}

/** Undefined for a file that is not there: KUBECONFIG may name such. */
async function readConfig(file: string) {
  try {
    const config = configSchema.parse(parseYaml(await readFile(file, 'utf8')));
    return { config, folder: dirname(resolve(file)) };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    const why =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
        : messageOf(error).split('\n')[0];
    throw new TopfiveError('usage', `the kubeconfig ${file} cannot be read: ${why}`, {
      cause: error,
    });
  }
}

/** A PEM text, written into the kubeconfig in Base64 or in a file beside it. */
async function pem(
  fields: Record<string, unknown>,
  { field, folder }: { field: string; folder: string },
): Promise<string | undefined> {
  const data = fields[`${field}-data`];
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString();
  const file = fields[field];
  return typeof file === 'string' ? readNamed(resolve(folder, file)) : undefined;
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TopfiveError(
      'usage',
      `a file that the kubeconfig names cannot be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

async function credentialsOf(
  user: z.infer<typeof userSchema>,
  folder: string,
): Promise<Pick<KubernetesAccess, 'cert' | 'key' | 'token'>> {
  const { token, tokenFile, exec } = user;
  if (exec) return runPlugin(exec);
  const cert = await pem(user, { field: 'client-certificate', folder });
  const key = await pem(user, { field: 'client-key', folder });
  if (token !== undefined) return { cert, key, token: async () => token };
  if (tokenFile === undefined) return { cert, key };
  const path = resolve(folder, tokenFile);
  return { cert, key, token: async () => (await readNamed(path)).trim() };
}

const credentialSchema = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** A sign-in may open a browser; longer, and nobody is there. */
const pluginWithinMs = 120_000;

/** The program of a cloud that signs a person in (client-go credential plugins); what it gives outlives a launch. */
async function runPlugin({ apiVersion, command, args, env }: z.infer<typeof execSchema>) {
  const added = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const info = JSON.stringify({
    kind: 'ExecCredential',
    apiVersion,
    spec: { interactive: false },
  });
  try {
    const { stdout } = await promisify(execFile)(command, args ?? [], {
      env: { ...readEnvironment().all, ...added, KUBERNETES_EXEC_INFO: info },
      timeout: pluginWithinMs,
    });
    const { status } = credentialSchema.parse(JSON.parse(stdout));
    const { token, clientCertificateData: cert, clientKeyData: key } = status;
    return { cert, key, ...(token !== undefined && { token: async () => token }) };
  } catch (error) {
    throw new TopfiveError(
      'access',
      `${command}, which the kubeconfig names for signing in, gave no credentials: ${messageOf(error).split('\n')[0]}`,
      { cause: error },
    );
  }
}
