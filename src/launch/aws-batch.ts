/** Jobs on AWS Batch: one job is one worker, an array of jobs are many; queues and definitions are there already. */
import type { BatchClient, JobDetail } from '@aws-sdk/client-batch';
import { disableSdkWarning } from '../config.ts';
import { messageOf, TopfiveError } from '../errors.ts';
import {
  graceArgs,
  type JobKey,
  type JobOrder,
  type JobPlatform,
  type PlatformJob,
} from './platform.ts';

/** Batch's limits of an array; a single job is none. */
const smallestArray = 2;
const largestArray = 10_000;
/** Most jobs that one request describes. */
const describedAtOnce = 100;
/** Requests that are refused as too many are tried again by the SDK. */
const tries = 6;

export interface BatchOptions {
  /** `<name>-worker` and `<name>-coordinator` are the queues, and the definitions too. */
  name: string;
}

/** Region, credentials and endpoint come from AWS's standard settings. */
export async function openBatch({ name }: BatchOptions): Promise<JobPlatform> {
  disableSdkWarning();
  const sdk = await import('@aws-sdk/client-batch');
  const client = new sdk.BatchClient({ maxAttempts: tries });
  const jobName = ({ runId, role }: JobKey) => `${name}-${role}-${runId}`;

  async function describe(ids: string[]): Promise<JobDetail[]> {
    const { jobs = [] } = await client.send(new sdk.DescribeJobsCommand({ jobs: ids }));
    return jobs;
  }

  return {
    workerArgs: [...graceArgs, '--spot-notice'],
    async start({ runId, role, args, env, members }: JobOrder) {
      if (members > largestArray) {
        throw new TopfiveError(
          'usage',
          `AWS Batch starts at most ${largestArray} workers together, not ${members}`,
        );
      }
      const request = new sdk.SubmitJobCommand({
        jobName: jobName({ runId, role }),
        jobQueue: `${name}-${role}`,
        jobDefinition: `${name}-${role}`,
        ...(members >= smallestArray && { arrayProperties: { size: members } }),
        containerOverrides: {
          command: args,
          environment: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        },
        tags: { 'topfive:run': runId },
        propagateTags: true,
      });
      await asking('start jobs', () => client.send(request));
    },
    list: (key) =>
      asking('list jobs', async () => {
        const ids = await listIds(client, {
          sdk,
          queue: `${name}-${key.role}`,
          jobName: jobName(key),
        });
        const alive: PlatformJob[] = [];
        for (let start = 0; start < ids.length; start += describedAtOnce) {
          for (const job of await describe(ids.slice(start, start + describedAtOnce))) {
            const members = membersAlive(job);
            if (members > 0 && job.jobId) alive.push({ id: job.jobId, alive: members });
          }
        }
        return alive;
      }),
    async end(id) {
      const request = new sdk.TerminateJobCommand({ jobId: id, reason: 'its run has ended' });
      await asking('end jobs', () => client.send(request));
    },
  };
}

const ended = ['SUCCEEDED', 'FAILED'];

/** The members of arrays have ids of their own, with a colon; they are counted with their array. */
async function listIds(
  client: BatchClient,
  {
    sdk,
    queue,
    jobName,
  }: { sdk: typeof import('@aws-sdk/client-batch'); queue: string; jobName: string },
): Promise<string[]> {
  const filters = [{ name: 'JOB_NAME', values: [jobName] }];
  const ids: string[] = [];
  for await (const page of sdk.paginateListJobs({ client }, { jobQueue: queue, filters })) {
    for (const { jobId, status } of page.jobSummaryList ?? []) {
      if (jobId && !jobId.includes(':') && !ended.includes(status ?? '')) ids.push(jobId);
    }
  }
  return ids;
}

function membersAlive({ status, arrayProperties }: JobDetail): number {
  if (ended.includes(status ?? '')) return 0;
  const { size, statusSummary = {} } = arrayProperties ?? {};
  if (size === undefined) return 1;
  return size - ended.reduce((sum, state) => sum + (statusSummary[state] ?? 0), 0);
}

async function asking<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    const why = messageOf(error).replace(/\.$/, '');
    throw new TopfiveError(
      'access',
      `AWS Batch could not be asked to ${what}: ${why}; check the region, the credentials, and that the queues and definitions of docs/deploy-aws.md are there (TOPFIVE_LAUNCH_NAME)`,
      { cause: error },
    );
  }
}
