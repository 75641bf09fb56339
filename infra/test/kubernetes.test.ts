import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScaledJob, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { CronJob } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { Role, RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { ConfigMap, ServiceAccount } from 'kubernetes-models/v1';
import { build, filesOf, type Manifest } from './manifests.ts';

const kinds: Record<string, new (manifest: Manifest) => { validate(): void }> = {
  ConfigMap,
  CronJob,
  NetworkPolicy,
  Role,
  RoleBinding,
  ScaledJob,
  ServiceAccount,
  TriggerAuthentication,
};

function validate(manifest: Manifest): void {
  const Kind = kinds[manifest.kind];
  assert.ok(Kind, `no schema for ${manifest.kind}`);
  new Kind(manifest).validate();
}

const folders = ['base', 'overlays/queue', 'overlays/nightly'];

for (const folder of folders) {
  test(`every object in kubernetes/${folder} passes the published schema of its kind`, () => {
    const manifests = filesOf(folder);
    assert.ok(manifests.length > 0);
    for (const manifest of manifests) validate(manifest);
  });
}

test('the schemas find what is wrong', () => {
  const [worker] = filesOf('base').filter(({ metadata }) => metadata.name === 'topfive-worker');
  assert.ok(worker);
  const cron = filesOf('base').find(({ kind }) => kind === 'CronJob');
  assert.throws(() => validate({ ...cron, spec: { ...cron.spec, schedule: 3 } }));
  const scaled = filesOf('overlays/queue').find(({ kind }) => kind === 'ScaledJob');
  assert.throws(() => validate({ ...scaled, spec: { ...scaled.spec, maxReplicaCount: '8' } }));
});

for (const folder of ['base', 'overlays/gpu', 'overlays/queue', 'overlays/nightly']) {
  const built = build(folder);
  test(`kustomize builds kubernetes/${folder}, and what it builds passes the schemas`, {
    skip: built === undefined && 'no kubectl of 1.21 or later here',
  }, () => {
    for (const manifest of built ?? []) validate(manifest);
    const images = JSON.stringify(built).match(/"image":"[^"]*"/g) ?? [];
    for (const image of images) assert.match(image, /registry\.example\/topfive/);
  });
}

const jobs = () => {
  const all = folders.flatMap(filesOf);
  return all.flatMap(({ kind, spec }) =>
    kind === 'CronJob' ? [spec.jobTemplate.spec] : kind === 'ScaledJob' ? [spec.jobTargetRef] : [],
  );
};

test('templates of jobs never start by the clock', () => {
  for (const { kind, spec } of filesOf('base')) {
    if (kind !== 'CronJob') continue;
    assert.equal(spec.suspend, true);
    assert.equal(spec.schedule, '0 0 31 2 *');
  }
});

test('no container is root, may become it, or writes beside its volumes', () => {
  const all = jobs();
  assert.equal(all.length, 4);
  for (const { template } of all) {
    assert.equal(template.spec.securityContext.runAsNonRoot, true);
    assert.ok(template.spec.terminationGracePeriodSeconds >= 30);
    for (const { securityContext } of template.spec.containers) {
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.equal(securityContext.readOnlyRootFilesystem, true);
    }
  }
});

test('KEDA counts what waits, what will be tried again, and what dead workers hold', () => {
  const { spec } = filesOf('overlays/queue').find(({ kind }) => kind === 'ScaledJob');
  const lists = spec.triggers.map(({ metadata }: Manifest) => metadata.listName).sort();
  assert.deepEqual(lists, [
    '{topfive}:shards:active',
    '{topfive}:shards:delayed',
    '{topfive}:shards:prioritized',
    '{topfive}:shards:wait',
  ]);
  assert.equal(spec.minReplicaCount, 0);
  for (const { metadata } of spec.triggers) {
    for (const value of Object.values(metadata)) assert.equal(typeof value, 'string');
  }
});

test('the role of a coordinator covers what topfive asks of Kubernetes, and no more', () => {
  const { rules } = filesOf('base').find(({ kind }) => kind === 'Role');
  assert.deepEqual(
    rules.map(({ resources, verbs }: Manifest) => `${resources}: ${verbs}`),
    ['cronjobs: get', 'jobs: create,list,delete'],
  );
});
