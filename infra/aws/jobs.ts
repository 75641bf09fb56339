/** AWS Batch: a Spot GPU environment for workers and a Fargate one, on demand, for coordinators; both are empty while no run is. */
import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import {
  Action,
  AllocationStrategy,
  EcsEc2ContainerDefinition,
  EcsFargateContainerDefinition,
  EcsJobDefinition,
  EcsMachineImageType,
  FargateComputeEnvironment,
  JobQueue,
  Secret as JobSecret,
  ManagedEc2EcsComputeEnvironment,
  Reason,
  RetryStrategy,
} from 'aws-cdk-lib/aws-batch';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MultipartBody,
  MultipartUserData,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';
import type { Network } from './network.ts';
import { addRoles, name } from './roles.ts';

export interface Jobs {
  queues: { worker: JobQueue; coordinator: JobQueue };
  definitions: { worker: EcsJobDefinition; coordinator: EcsJobDefinition };
}

interface JobParts {
  network: Network;
  bucket: Bucket;
  images: { worker: string; coordinator: string };
}

/** One type: a run on several device models is no baseline. One GPU, 4 vCPUs, 16 GiB. */
const gpuType = 'g5.xlarge';
const gpuCpus = 4;
/** GPUs at a time. */
const mostGpus = 8;
/** What the host's own agent and kernel leave of its 16 GiB. */
const workerMemory = Size.mebibytes(14_500);
/** Fourteen models in fp32 and fp16, their checkpoints, and the image. */
const diskSize = Size.gibibytes(100);
/** A run that hangs is paid no longer. */
const longest = Duration.hours(6);

export function addJobs(scope: Construct, { network, bucket, images }: JobParts): Jobs {
  const roles = addRoles(scope, { bucket });
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const logging = (streamPrefix: string) => LogDriver.awsLogs({ logGroup, streamPrefix });
  const environment = {
    TOPFIVE_STORE: `s3://${bucket.bucketName}/topfive`,
    AWS_REGION: Stack.of(scope).region,
    TOPFIVE_LAUNCH_NAME: name,
  };
  const webhook = new Secret(scope, 'WebhookKey', {
    description: 'Key that the verdict of a night is signed with',
    generateSecretString: { excludePunctuation: true, passwordLength: 40 },
  });
  NagSuppressions.addResourceSuppressions(webhook, [
    {
      id: 'AwsSolutions-SMG4',
      reason: 'The receiver knows the key too; it is changed on both sides by hand.',
    },
  ]);
  const worker = new EcsJobDefinition(scope, 'WorkerJob', {
    jobDefinitionName: `${name}-worker`,
    container: new EcsEc2ContainerDefinition(scope, 'Worker', {
      image: ContainerImage.fromRegistry(images.worker),
      cpu: gpuCpus,
      gpu: 1,
      memory: workerMemory,
      jobRole: roles.worker,
      logging: logging('worker'),
      environment: { ...environment, TOPFIVE_CACHE_SIZE: '60GB' },
      secrets: { TOPFIVE_WEBHOOK_SECRET: JobSecret.fromSecretsManager(webhook) },
    }),
    timeout: longest,
    retryAttempts: 5,
    // Only the loss of a host is worth another try; what a worker says itself stays said.
    retryStrategies: [
      RetryStrategy.of(Action.RETRY, Reason.SPOT_INSTANCE_RECLAIMED),
      RetryStrategy.of(Action.EXIT, Reason.custom({ onReason: '*' })),
    ],
    propagateTags: true,
  });
  const coordinator = new EcsJobDefinition(scope, 'CoordinatorJob', {
    jobDefinitionName: `${name}-coordinator`,
    container: new EcsFargateContainerDefinition(scope, 'Coordinator', {
      image: ContainerImage.fromRegistry(images.coordinator),
      cpu: 1,
      memory: Size.gibibytes(4),
      assignPublicIp: true,
      jobRole: roles.coordinator,
      logging: logging('coordinator'),
      environment,
    }),
    timeout: longest,
    // All that must last is in the bucket, so a coordinator that was killed or told to end is started again; one whose run has
    // failed ends at once (--if-unfinished).
    retryAttempts: 3,
    retryStrategies: [
      ...['5', '137', '143'].map((onExitCode) =>
        RetryStrategy.of(Action.RETRY, Reason.custom({ onExitCode })),
      ),
      RetryStrategy.of(Action.EXIT, Reason.custom({ onReason: '*' })),
    ],
    propagateTags: true,
  });
  for (const role of [worker.container.executionRole, coordinator.container.executionRole]) {
    NagSuppressions.addResourceSuppressions(
      role,
      [
        {
          id: 'AwsSolutions-IAM5',
          reason: 'AWS gives a token of the registry to no resource in particular.',
        },
      ],
      true,
    );
  }
  return {
    definitions: { worker, coordinator },
    queues: { worker: gpuQueue(scope, network), coordinator: fargateQueue(scope, network) },
  };
}

function gpuQueue(scope: Construct, { vpc, worker }: Network): JobQueue {
  const environment = new ManagedEc2EcsComputeEnvironment(scope, 'Gpus', {
    vpc,
    vpcSubnets: { subnetType: SubnetType.PUBLIC },
    securityGroups: [worker],
    instanceTypes: [new InstanceType(gpuType)],
    useOptimalInstanceClasses: false,
    images: [{ imageType: EcsMachineImageType.ECS_AL2023_NVIDIA }],
    spot: true,
    allocationStrategy: AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
    minvCpus: 0,
    maxvCpus: mostGpus * gpuCpus,
    launchTemplate: gpuHost(scope),
  });
  NagSuppressions.addResourceSuppressions(
    environment,
    [{ id: 'AwsSolutions-IAM4', reason: "AWS's own policy for hosts of ECS." }],
    true,
  );
  return new JobQueue(scope, 'WorkerQueue', {
    jobQueueName: `${name}-worker`,
    computeEnvironments: [{ computeEnvironment: environment, order: 1 }],
  });
}

/** At a Spot notice the agent drains the host: its containers get SIGTERM, and 30 s before they are killed. */
function gpuHost(scope: Construct): LaunchTemplate {
  const commands = UserData.forLinux();
  commands.addCommands(
    'echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config',
    'echo ECS_CONTAINER_STOP_TIMEOUT=30s >> /etc/ecs/ecs.config',
  );
  const userData = new MultipartUserData();
  userData.addPart(MultipartBody.fromUserData(commands));
  return new LaunchTemplate(scope, 'GpuHost', {
    userData,
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    // A container is one hop further from the metadata, where workers see a Spot notice.
    httpPutResponseHopLimit: 2,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(diskSize.toGibibytes(), {
          encrypted: true,
          volumeType: EbsDeviceVolumeType.GP3,
        }),
      },
    ],
  });
}

function fargateQueue(scope: Construct, { vpc, coordinator }: Network): JobQueue {
  return new JobQueue(scope, 'CoordinatorQueue', {
    jobQueueName: `${name}-coordinator`,
    computeEnvironments: [
      {
        order: 1,
        computeEnvironment: new FargateComputeEnvironment(scope, 'Coordinators', {
          vpc,
          vpcSubnets: { subnetType: SubnetType.PUBLIC },
          securityGroups: [coordinator],
          spot: false,
          maxvCpus: 4,
        }),
      },
    ],
  });
}
