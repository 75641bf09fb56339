/** Synthesises the stack: `npm run synth` writes the template to aws/cdk.out, offline. Context and image come by `-c` of the CDK command or from here. */
import { join } from 'node:path';
import { App, Aspects } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { TopfiveStack } from './stack.ts';

const app = new App({ outdir: process.env.CDK_OUTDIR ?? join(import.meta.dirname, 'cdk.out') });
new TopfiveStack(app, 'Topfive');
Aspects.of(app).add(new AwsSolutionsChecks());
app.synth();
