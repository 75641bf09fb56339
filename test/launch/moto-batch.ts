/** AWS Batch as moto has it. Its jobs wait until they are let go; then they fail, for there is no container engine here. */
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  paginateListJobs,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import { anyCredentials, type Moto } from '../storage/moto.ts';
import type { SeenJob } from './platform-contract.ts';

export const batchRegion = 'eu-central-1';

const roles = ['worker', 'coordinator'];

export interface MotoBatch {
  seen(): Promise<SeenJob[]>;
  /** Lets jobs go on from where they wait. */
  settle(): Promise<void>;
}

/** Makes queues and definitions called `topfive-worker` and `topfive-coordinator`. */
export async function makeBatch({ endpoint }: Moto): Promise<MotoBatch> {
  const [accessKeyId, secretAccessKey] = Object.values(anyCredentials);
  const client = new BatchClient({
    endpoint,
    region: batchRegion,
    credentials: { accessKeyId, secretAccessKey },
  });
  await transition(endpoint, { progression: 'time', seconds: 3600 });
  await makeRole(endpoint);
  const { computeEnvironmentArn } = await client.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'any',
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: 'arn:aws:iam::123456789012:role/batch',
    }),
  );
  for (const role of roles) {
    await client.send(
      new CreateJobQueueCommand({
        jobQueueName: `topfive-${role}`,
        state: 'ENABLED',
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: computeEnvironmentArn }],
      }),
    );
    await client.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: `topfive-${role}`,
        type: 'container',
        containerProperties: {
          image: 'topfive',
          vcpus: 1,
          memory: 64,
          environment: [{ name: 'OF_THE_DEFINITION', value: 'kept' }],
        },
      }),
    );
  }
  return {
    async seen() {
      const jobs = [];
      for (const role of roles) {
        for (const jobStatus of ['SUBMITTED', 'FAILED'] as const) {
          const pages = paginateListJobs({ client }, { jobQueue: `topfive-${role}`, jobStatus });
          for await (const { jobSummaryList = [] } of pages) {
            const ids = jobSummaryList.flatMap(({ jobId = '' }) =>
              jobId.includes(':') ? [] : jobId,
            );
            if (ids.length === 0) continue;
            jobs.push(...((await client.send(new DescribeJobsCommand({ jobs: ids }))).jobs ?? []));
          }
        }
      }
      jobs.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
      return jobs.map(({ container, arrayProperties, statusReason }) => ({
        args: container?.command ?? [],
        env: Object.fromEntries(
          (container?.environment ?? []).map(({ name = '', value = '' }) => [name, value]),
        ),
        members: arrayProperties?.size ?? 1,
        told: statusReason === 'its run has ended',
      }));
    },
    settle: () => transition(endpoint, { progression: 'manual', times: 1 }),
  };
}

async function transition(endpoint: string, how: object): Promise<void> {
  await fetch(`${endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 'batch::job', transition: how }),
  });
}

async function makeRole(endpoint: string): Promise<void> {
  const scope = 'Credential=anyone/20261124/us-east-1/iam/aws4_request';
  await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=any`,
    },
    body: new URLSearchParams({
      Action: 'CreateRole',
      Version: '2010-05-08',
      RoleName: 'batch',
      AssumeRolePolicyDocument: '{}',
    }),
  });
}
