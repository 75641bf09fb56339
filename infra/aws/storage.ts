/** The bucket of datasets, models and runs. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';

export function addStorage(scope: Construct): { bucket: Bucket } {
  const bucket = new Bucket(scope, 'Store', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    versioned: true,
    // Baselines and nights are kept whatever becomes of the stack.
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        // A killed writer leaves its parts behind.
        abortIncompleteMultipartUploadAfter: Duration.days(1),
        noncurrentVersionExpiration: Duration.days(30),
      },
      // Records may be computed again; the reports beside them stay.
      { prefix: 'topfive/cache/', expiration: Duration.days(90) },
    ],
  });
  NagSuppressions.addResourceSuppressions(bucket, [
    {
      id: 'AwsSolutions-S1',
      reason:
        'Access logs would need a second bucket; CloudTrail data events serve who must have them.',
    },
  ]);
  return { bucket };
}
