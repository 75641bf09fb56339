/** Everything that topfive needs on AWS: nothing of it runs, or costs more than storage, while no run does. */
import { CfnParameter, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addJobs } from './jobs.ts';
import { addNetwork } from './network.ts';
import { addNightly } from './nightly.ts';
import { addStorage } from './storage.ts';
import { addWatch } from './watch.ts';

export class TopfiveStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, { description: 'topfive: evaluation of image classifiers', ...props });
    const image = (name: string, what: string) =>
      new CfnParameter(this, name, {
        description: `Image of infra/docker (${what}), by digest: registry/topfive@sha256:…`,
        allowedPattern: '.+@sha256:[0-9a-f]{64}',
        constraintDescription: 'an image is named by its digest, so that two nights run the same',
      }).valueAsString;
    const images = {
      worker: image('WorkerImage', 'cuda.Dockerfile'),
      coordinator: image('CoordinatorImage', 'Dockerfile'),
    };
    const email = new CfnParameter(this, 'AlarmEmail', {
      description: 'Who hears of failed jobs and of the budget',
      allowedPattern: '[^@ ]+@[^@ ]+',
    }).valueAsString;
    const network = addNetwork(this);
    const { bucket } = addStorage(this);
    const jobs = addJobs(this, { network, bucket, images });
    addNightly(this, { jobs, bucket });
    addWatch(this, { jobs, email });
    // What a budget and a bill are filtered by.
    Tags.of(this).add('project', 'topfive');
  }
}
