/** A network without an hour's price: public subnets in place of a NAT gateway, a free gateway to S3, no way in. */
import {
  GatewayVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';

export interface Network {
  vpc: Vpc;
  worker: SecurityGroup;
  coordinator: SecurityGroup;
}

/** The port of a coordinator's queue: `--port` of `topfive resume --coordinate`. */
const queuePort = 6379;

export function addNetwork(scope: Construct): Network {
  const vpc = new Vpc(scope, 'Network', {
    ipAddresses: IpAddresses.cidr('10.60.0.0/20'),
    // Spot capacity of a GPU type comes and goes by zone.
    maxAzs: 3,
    natGateways: 0,
    subnetConfiguration: [
      { name: 'jobs', subnetType: SubnetType.PUBLIC, cidrMask: 23, mapPublicIpOnLaunch: true },
    ],
    gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
  });
  const group = (id: string, description: string) =>
    new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: true });
  const worker = group('WorkerGroup', 'Workers: no way in');
  const coordinator = group('CoordinatorGroup', 'Coordinators: their queue, for workers alone');
  coordinator.addIngressRule(worker, Port.tcp(queuePort), 'the queue of a run');
  NagSuppressions.addResourceSuppressions(vpc, [
    {
      id: 'AwsSolutions-VPC7',
      reason:
        'Flow logs cost by the byte and jobs move hundreds of GB; no group lets anybody in from outside.',
    },
  ]);
  return { vpc, worker, coordinator };
}
