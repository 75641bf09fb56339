/**
 * An HTTPS server that answers as the jobs API of Kubernetes does, for no cluster runs here: it holds each object against
 * Kubernetes's published schema and stores it. It runs nothing; a job that is deleted is gone.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import type { SeenJob } from './platform-contract.ts';

export const token = 'a-token-of-the-test';

/** A kubeconfig that leads to the server. */
export function kubeconfig(
  server: string,
  more: { cluster?: object; user?: object; namespace?: string } = {},
) {
  const { cluster, user = { token }, namespace = 'lab' } = more;
  return JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'one', user: 'me', namespace } }],
    clusters: [{ name: 'one', cluster: { server, ...cluster } }],
    users: [{ name: 'me', user }],
  });
}

type JobObject = ConstructorParameters<typeof Job>[0] & object;

export interface KubernetesServer {
  url: string;
  seen(): SeenJob[];
  /** The objects as they were sent. */
  jobs: JobObject[];
  close(): Promise<void>;
}

/** @param tls key and certificate; plain HTTP without them */
export async function startKubernetes({
  namespace,
  names,
  tls,
}: {
  namespace: string;
  /** Of the CronJobs that are there. */
  names: string[];
  tls?: { key: Buffer; cert: Buffer };
}): Promise<KubernetesServer> {
  const jobs: JobObject[] = [];
  const deleted = new Set<string>();
  const nameOf = (job: JobObject) => job.metadata?.name ?? '';
  const root = `/apis/batch/v1/namespaces/${namespace}`;

  async function answer(request: IncomingMessage): Promise<[number, unknown]> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://any');
    if (request.headers.authorization !== `Bearer ${token}`) return status(401, 'Unauthorized');
    const [kind, name] = pathname.slice(root.length + 1).split('/');
    const isHere = pathname.startsWith(`${root}/`);
    if (!isHere) return status(403, 'jobs.batch is forbidden in that namespace');
    if (request.method === 'GET' && kind === 'cronjobs') {
      return names.includes(name)
        ? [200, template(name)]
        : status(404, `cronjobs.batch "${name}" not found`);
    }
    if (request.method === 'POST' && kind === 'jobs') return create(await json(request));
    if (request.method === 'GET' && kind === 'jobs') {
      const selector = (searchParams.get('labelSelector') ?? '').split(',');
      const items = jobs.filter((job) => !deleted.has(nameOf(job)) && matches(job, selector));
      return [200, { apiVersion: 'batch/v1', kind: 'JobList', metadata: {}, items }];
    }
    if (request.method === 'DELETE' && kind === 'jobs') {
      if (searchParams.get('propagationPolicy') !== 'Background') {
        return status(422, 'the pods of the job would be left');
      }
      deleted.add(name);
      return status(200, 'Success');
    }
    return status(405, 'the server does not allow this method');
  }

  function create(body: unknown): [number, unknown] {
    const job = new Job(body as JobObject);
    try {
      job.validate();
    } catch (error) {
      return status(422, String(error));
    }
    const sent = structuredClone(body as JobObject);
    const { generateName = '' } = sent.metadata ?? {};
    const suffix = String(jobs.length).padStart(5, '0');
    const name = `${generateName}${suffix}`;
    // The names of an indexed job's pods are host names.
    if (`${name}-9999`.length > 63) return status(422, `${name} is too long for its pods`);
    jobs.push({ ...sent, metadata: { ...sent.metadata, name } });
    return [201, jobs.at(-1)];
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request).then(([code, body]) => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  };
  const server = tls ? createHttpsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    jobs,
    seen: () => jobs.map((job) => seenJob(job, deleted.has(nameOf(job)))),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function status(code: number, message: string): [number, unknown] {
  const outcome = code < 400 ? 'Success' : 'Failure';
  return [code, { apiVersion: 'v1', kind: 'Status', status: outcome, message, code }];
}

function matches(job: JobObject, selector: string[]): boolean {
  const labels = job.metadata?.labels ?? {};
  return selector.every((pair) => {
    const [key, value] = pair.split('=');
    return labels[key] === value;
  });
}

function seenJob(job: JobObject, told: boolean): SeenJob {
  const [container] = job.spec?.template.spec?.containers ?? [];
  return {
    args: container?.args ?? [],
    env: Object.fromEntries(
      (container?.env ?? []).map(({ name, value = '' }) => [name, value] as const),
    ),
    members: job.spec?.completions ?? 0,
    told,
  };
}

/** A suspended CronJob, as infra/kubernetes has them. */
function template(name: string): object {
  const cronJob = new CronJob({
    metadata: { name },
    spec: {
      schedule: '0 0 31 2 *',
      suspend: true,
      jobTemplate: {
        spec: {
          backoffLimit: 3,
          template: {
            metadata: { labels: { 'app.kubernetes.io/name': 'topfive' } },
            spec: {
              restartPolicy: 'Never',
              containers: [
                {
                  name: 'topfive',
                  image: 'topfive',
                  env: [
                    { name: 'OF_THE_DEFINITION', value: 'kept' },
                    { name: 'TOPFIVE_STORE', value: 's3://other/store' },
                  ],
                },
              ],
            },
          },
        },
      },
    },
  });
  cronJob.validate();
  return cronJob.toJSON();
}
