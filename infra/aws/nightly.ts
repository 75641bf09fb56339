/** The nightly: a timetable that puts one GPU job on the queue; nothing waits for it. */
import { CfnParameter, Stack, TimeZone } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';
import type { Jobs } from './jobs.ts';

export function addNightly(scope: Construct, { jobs, bucket }: { jobs: Jobs; bucket: Bucket }) {
  const account = Stack.of(scope).account;
  const missed = new Queue(scope, 'MissedNights', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  NagSuppressions.addResourceSuppressions(missed, [
    { id: 'AwsSolutions-SQS3', reason: 'It is the dead-letter queue.' },
  ]);
  const role = new Role(scope, 'NightlyRole', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['batch:SubmitJob'],
      resources: [jobs.queues.worker.jobQueueArn, jobs.definitions.worker.jobDefinitionArn],
    }),
  );
  missed.grantSendMessages(role);
  const hour = new CfnParameter(scope, 'NightlyCron', {
    description: 'When the nightly starts, as a cron expression of EventBridge Scheduler',
    default: 'cron(0 2 * * ? *)',
  });
  const zone = new CfnParameter(scope, 'NightlyTimeZone', {
    default: TimeZone.ETC_UTC.timezoneName,
  });
  const state = new CfnParameter(scope, 'NightlyState', {
    description: 'The nightly starts once its spec is in the bucket: topfive/nightly.yaml',
    default: 'DISABLED',
    allowedValues: ['ENABLED', 'DISABLED'],
  });
  new CfnSchedule(scope, 'Nightly', {
    scheduleExpression: hour.valueAsString,
    scheduleExpressionTimezone: zone.valueAsString,
    state: state.valueAsString,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: 'arn:aws:scheduler:::aws-sdk:batch:submitJob',
      roleArn: role.roleArn,
      deadLetterConfig: { arn: missed.queueArn },
      retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
      input: Stack.of(scope).toJsonString({
        JobName: 'topfive-nightly',
        JobQueue: jobs.queues.worker.jobQueueArn,
        JobDefinition: jobs.definitions.worker.jobDefinitionArn,
        ContainerOverrides: {
          // One process has the GPU; several would share its memory.
          Command: ['nightly', `s3://${bucket.bucketName}/topfive/nightly.yaml`, '--workers', '1'],
        },
      }),
    },
  });
  return { missed };
}
