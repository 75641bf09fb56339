/** What jobs may do: read and write the store; a coordinator also starts and ends workers, and nothing else. */
import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';

export const name = 'topfive';

export function addRoles(scope: Construct, { bucket }: { bucket: Bucket }) {
  const worker = jobRole(scope, { id: 'WorkerRole', bucket });
  const coordinator = jobRole(scope, { id: 'CoordinatorRole', bucket });
  const stack = Stack.of(scope);
  const batch = (resource: string) =>
    stack.formatArn({
      service: 'batch',
      resource: resource.split('/')[0],
      resourceName: resource.split('/')[1],
    });
  coordinator.addToPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ['batch:SubmitJob', 'batch:TagResource'],
      resources: [
        batch(`job-queue/${name}-worker`),
        batch(`job-definition/${name}-worker`),
        batch(`job-definition/${name}-worker:*`),
        batch('job/*'),
      ],
    }),
  );
  coordinator.addToPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ['batch:TerminateJob'],
      resources: [batch('job/*')],
      // Jobs that topfive has started.
      conditions: { Null: { 'aws:ResourceTag/topfive:run': 'false' } },
    }),
  );
  // AWS knows no resources for these two.
  coordinator.addToPolicy(
    new PolicyStatement({ actions: ['batch:ListJobs', 'batch:DescribeJobs'], resources: ['*'] }),
  );
  NagSuppressions.addResourceSuppressions(
    [worker, coordinator],
    [
      {
        id: 'AwsSolutions-IAM5',
        reason:
          'Objects of the one bucket, jobs whose ids are not known before, and questions that AWS ties to no resource.',
      },
    ],
    true,
  );
  return { worker, coordinator };
}

function jobRole(scope: Construct, { id, bucket }: { id: string; bucket: Bucket }): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  role.addToPolicy(
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resources: [bucket.arnForObjects('*')],
    }),
  );
  return role;
}
