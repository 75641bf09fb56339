/** Jobs on Kubernetes, made of suspended CronJobs as `kubectl create job --from` makes them: they say image, devices and account. */
import { z } from 'zod';
import { TopfiveError } from '../errors.ts';
import { findAccess } from './kubernetes-access.ts';
import { type KubernetesApi, openApi } from './kubernetes-api.ts';
import { graceArgs, type JobKey, type JobOrder, type JobPlatform } from './platform.ts';
import type { LaunchSettings } from './settings.ts';

const containerSchema = z.looseObject({
  name: z.string(),
  env: z.array(z.looseObject({ name: z.string() })).nullish(),
});

const podSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  spec: z.looseObject({ containers: z.array(containerSchema).min(1) }),
});

const templateSchema = z.object({
  spec: z.object({
    jobTemplate: z.object({
      metadata: z
        .looseObject({
          labels: z.record(z.string(), z.string()).nullish(),
          annotations: z.record(z.string(), z.string()).nullish(),
        })
        .nullish(),
      spec: z.looseObject({ template: podSchema }),
    }),
  }),
});
type JobTemplate = z.infer<typeof templateSchema>['spec']['jobTemplate'];

const jobSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({ completions: z.number().nullish() }),
  status: z
    .object({
      succeeded: z.number().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});
const jobsSchema = z.object({ items: z.array(jobSchema) });

/** Kubernetes's recommended labels; the instance is the run. */
function labelsOf({ runId, role }: JobKey) {
  return {
    'app.kubernetes.io/name': 'topfive',
    'app.kubernetes.io/component': role,
    'app.kubernetes.io/instance': runId,
  };
}

export async function openKubernetes({ name, kubernetes }: LaunchSettings): Promise<JobPlatform> {
  const api = openApi(await findAccess(kubernetes));
  return {
    workerArgs: graceArgs,
    async start(order) {
      const job = jobOf(await readTemplate(api, `${name}-${order.role}`), { name, order });
      await api.ask({ method: 'POST', path: 'jobs', body: job, purpose: 'to start jobs' });
    },
    async list(key) {
      const labelSelector = Object.entries(labelsOf(key))
        .map((pair) => pair.join('='))
        .join(',');
      const answer = await api.ask({
        method: 'GET',
        path: 'jobs',
        query: { labelSelector },
        purpose: 'for the jobs of a run',
      });
      return jobsSchema.parse(answer ?? { items: [] }).items.flatMap((job) => {
        const alive = membersAlive(job);
        return alive > 0 ? [{ id: job.metadata.name, alive }] : [];
      });
    },
    async end(id) {
      await api.ask({
        method: 'DELETE',
        path: `jobs/${encodeURIComponent(id)}`,
        // Its pods go too.
        query: { propagationPolicy: 'Background' },
        purpose: 'to end jobs',
      });
    },
  };
}

async function readTemplate(api: KubernetesApi, name: string): Promise<JobTemplate> {
  const found = await api.ask({
    method: 'GET',
    path: `cronjobs/${encodeURIComponent(name)}`,
    purpose: 'how jobs are made',
  });
  if (found === undefined) {
    throw new TopfiveError(
      'usage',
      `there is no CronJob ${name} in the namespace ${api.namespace} to make jobs of: apply infra/kubernetes there, or name another with TOPFIVE_KUBERNETES_NAMESPACE and TOPFIVE_LAUNCH_NAME`,
    );
  }
  return templateSchema.parse(found).spec.jobTemplate;
}

function jobOf(
  { metadata, spec }: JobTemplate,
  { name, order }: { name: string; order: JobOrder },
): object {
  const { runId, role, members } = order;
  const labels = labelsOf(order);
  const pod = spec.template;
  const [container, ...others] = pod.spec.containers;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      generateName: `${name}-${role}-${runId}-`,
      labels: { ...metadata?.labels, ...labels },
      annotations: { ...metadata?.annotations },
    },
    spec: {
      ...spec,
      completionMode: 'Indexed',
      completions: members,
      parallelism: members,
      template: {
        ...pod,
        metadata: { ...pod.metadata, labels: { ...pod.metadata?.labels, ...labels } },
        spec: { ...pod.spec, containers: [commanded(container, order), ...others] },
      },
    },
  };
}

function commanded(container: z.infer<typeof containerSchema>, { args, env }: JobOrder): object {
  const kept = (container.env ?? []).filter(({ name }) => !(name in env));
  const added = Object.entries(env).map(([name, value]) => ({ name, value }));
  return { ...container, args, env: [...kept, ...added] };
}

function membersAlive({ metadata, spec, status }: z.infer<typeof jobSchema>): number {
  const hasEnded = status?.conditions?.some(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  );
  if (hasEnded || metadata.deletionTimestamp) return 0;
  return (spec.completions ?? 1) - (status?.succeeded ?? 0);
}
