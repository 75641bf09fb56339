import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Aspects, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TopfiveStack } from '../aws/stack.ts';

const app = new App();
const stack = new TopfiveStack(app, 'Topfive');
Aspects.of(app).add(new AwsSolutionsChecks());
const template = Template.fromStack(stack);

/** The committed template: what a change to the stack does is seen in its review. `UPDATE=1 npm test` writes it. */
const committed = join(import.meta.dirname, '../aws/topfive.template.json');

test('the committed template is the one that the stack synthesises', () => {
  const text = `${JSON.stringify(template.toJSON(), null, 2)}\n`;
  if (process.env.UPDATE) writeFileSync(committed, text);
  assert.equal(readFileSync(committed, 'utf8'), text);
});

test('cdk-nag finds nothing, and every exception has its reason', () => {
  const findings = [
    ...Annotations.fromStack(stack).findError('*', Match.anyValue()),
    ...Annotations.fromStack(stack).findWarning('*', Match.anyValue()),
  ].map(({ id, entry }) => `${id}: ${entry.data}`);
  assert.deepEqual(findings, []);
});

test('cdk-nag finds what is planted', () => {
  const other = new Stack(new App(), 'Planted');
  new Bucket(other, 'Open');
  Aspects.of(other).add(new AwsSolutionsChecks());
  Template.fromStack(other);
  const found = Annotations.fromStack(other).findError('*', Match.anyValue());
  assert.match(
    JSON.stringify(found.map(({ entry }) => entry.data)),
    /AwsSolutions-S1.*AwsSolutions-S10/,
  );
});

test('the GPU environment is empty while no run is, of one type, on Spot, and drains before its hosts go', () => {
  template.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
    ComputeResources: {
      MinvCpus: 0,
      Type: 'SPOT',
      AllocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
      InstanceTypes: ['g5.xlarge'],
    },
  });
  const [{ Properties: host }] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  const userData = JSON.stringify(host.LaunchTemplateData.UserData);
  assert.match(userData, /ECS_ENABLE_SPOT_INSTANCE_DRAINING=true/);
  assert.equal(host.LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit, 2);
});

test('coordinators run on demand', () => {
  template.hasResourceProperties('AWS::Batch::ComputeEnvironment', {
    ComputeResources: { Type: 'FARGATE', MaxvCpus: 4 },
  });
});

test('only the loss of a host is worth another try of a worker', () => {
  template.hasResourceProperties('AWS::Batch::JobDefinition', {
    JobDefinitionName: 'topfive-worker',
    RetryStrategy: {
      Attempts: 5,
      EvaluateOnExit: [
        { Action: 'RETRY', OnStatusReason: 'Host EC2*' },
        { Action: 'EXIT', OnReason: '*' },
      ],
    },
    ContainerProperties: {
      ResourceRequirements: Match.arrayWith([{ Type: 'GPU', Value: '1' }]),
    },
  });
});

test('patterns of retries have their asterisk at the end, as Batch demands', () => {
  for (const { Properties } of Object.values(template.findResources('AWS::Batch::JobDefinition'))) {
    for (const { Action: _, ...patterns } of Properties.RetryStrategy.EvaluateOnExit) {
      for (const pattern of Object.values(patterns)) assert.match(String(pattern), /^[^*]*\*?$/);
    }
  }
});

test('the queue of a coordinator lets workers in, and nobody else lets anybody in', () => {
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
    FromPort: 6379,
    ToPort: 6379,
    SourceSecurityGroupId: Match.anyValue(),
  });
  for (const { Properties } of Object.values(template.findResources('AWS::EC2::SecurityGroup'))) {
    assert.equal(Properties.SecurityGroupIngress, undefined);
  }
});

test('nothing costs by the hour while no run is', () => {
  for (const type of [
    'AWS::EC2::NatGateway',
    'AWS::EC2::Instance',
    'AWS::ElastiCache::ReplicationGroup',
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::ECS::Service',
  ]) {
    template.resourceCountIs(type, 0);
  }
  for (const endpoint of Object.values(template.findResources('AWS::EC2::VPCEndpoint'))) {
    assert.equal(endpoint.Properties.VpcEndpointType, 'Gateway');
  }
});

test('the bucket is private, encrypted, kept, and forgets broken uploads after a day', () => {
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    Properties: {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
        ]),
      },
    },
  });
});

test('a job role may do what docs/storage.md asks for, and a worker starts nothing', () => {
  const actions = (id: string) =>
    Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([name]) => name.startsWith(id))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
      .flatMap(({ Action }: { Action: string | string[] }) => Action)
      .sort();
  const storage = [
    's3:AbortMultipartUpload',
    's3:DeleteObject',
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
  ];
  assert.deepEqual(actions('WorkerRole'), storage);
  assert.deepEqual(
    actions('CoordinatorRole'),
    [
      ...storage,
      'batch:DescribeJobs',
      'batch:ListJobs',
      'batch:SubmitJob',
      'batch:TagResource',
      'batch:TerminateJob',
    ].sort(),
  );
});

test('the nightly puts one job on the GPU queue, and a night that could not start is kept', () => {
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:batch:submitJob',
      DeadLetterConfig: Match.anyValue(),
    },
  });
});

test('failed jobs and the budget are told', () => {
  template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['aws.batch'], detail: { status: ['FAILED'] } },
  });
  template.hasResourceProperties('AWS::Budgets::Budget', {
    Budget: { CostFilters: { TagKeyValue: ['user:project$topfive'] } },
  });
});
