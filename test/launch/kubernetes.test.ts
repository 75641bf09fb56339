import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { openKubernetes } from '../../src/launch/kubernetes.ts';
import { readLaunchSettings } from '../../src/launch/settings.ts';
import { kubeconfig, startKubernetes, token } from './kubernetes-server.ts';
import { testPlatform } from './platform-contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'topfive-kubernetes-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const certificates = resolve(import.meta.dirname, '../fixtures/tls');
const read = (file: string) => readFileSync(join(certificates, file));
const tls = { key: read('queue.key'), cert: read('queue.pem') };
const authority = { 'certificate-authority': join(certificates, 'authority.pem') };

/** Writes a kubeconfig, which JSON is too. */
function writeConfig(
  name: string,
  { server, ...more }: { server: string } & Parameters<typeof kubeconfig>[1],
): string {
  const file = join(directory, name);
  writeFileSync(file, kubeconfig(server, more));
  return file;
}

const openWith = (file: string, env: Record<string, string> = {}) =>
  openKubernetes(readLaunchSettings({ KUBECONFIG: file, ...env }));

testPlatform('Kubernetes', {
  skip: false,
  open: async () => {
    const server = await startKubernetes({
      namespace: 'lab',
      names: ['topfive-worker', 'topfive-coordinator'],
      tls,
    });
    const file = writeConfig('contract', { server: server.url, cluster: authority });
    return {
      platform: await openWith(file),
      empty: await openWith(file, { TOPFIVE_LAUNCH_NAME: 'absent' }),
      seen: async () => server.seen(),
      settle: async () => {},
      close: server.close,
    };
  },
});

async function withServer(use: (url: string) => Promise<void>): Promise<void> {
  const server = await startKubernetes({ namespace: 'lab', names: ['topfive-worker'] });
  try {
    await use(server.url);
  } finally {
    await server.close();
  }
}

const key = { runId: 'run', role: 'worker' } as const;

test('a job keeps what its template says and is an indexed one', async () => {
  const server = await startKubernetes({ namespace: 'lab', names: ['topfive-worker'] });
  try {
    const platform = await openWith(writeConfig('whole', { server: server.url }));
    const runId = '20261124-125637-4785e3';
    await platform.start({ runId, role: 'worker', args: ['worker'], env: {}, members: 3 });
    const [{ metadata, spec }] = server.jobs;
    assert.equal(spec?.completionMode, 'Indexed');
    assert.equal(spec?.parallelism, 3);
    assert.equal(spec?.backoffLimit, 3);
    assert.equal(spec?.template.spec?.restartPolicy, 'Never');
    const labels = {
      'app.kubernetes.io/name': 'topfive',
      'app.kubernetes.io/component': 'worker',
      'app.kubernetes.io/instance': runId,
    };
    assert.deepEqual(metadata?.labels, labels);
    assert.deepEqual(spec?.template.metadata?.labels, labels);
  } finally {
    await server.close();
  }
});

test('a token may come from a file or from a program that signs in', async () => {
  const file = join(directory, 'token');
  writeFileSync(file, `${token}\n`);
  const program = join(directory, 'sign-in');
  writeFileSync(
    program,
    '#!/bin/sh\nprintf \'{"kind":"ExecCredential","status":{"token":"%s"}}\' "$GIVEN"\n',
  );
  chmodSync(program, 0o755);
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: program,
    env: [{ name: 'GIVEN', value: token }],
  };
  await withServer(async (server) => {
    for (const user of [{ tokenFile: 'token' }, { exec }]) {
      const platform = await openWith(writeConfig('user', { server, user }));
      assert.deepEqual(await platform.list(key), []);
    }
  });
});

test('inside of a pod the service account is asked for, and its want is told', async () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(
    openKubernetes(readLaunchSettings(env)),
    /this pod has no service account that it may ask Kubernetes with: .*; set automountServiceAccountToken: true$/,
  );
});

const wrong: [string, (server: string) => string, RegExp][] = [
  ['no kubeconfig', () => join(directory, 'absent'), /absent names no current context/],
  [
    'a kubeconfig that is none',
    () => {
      const file = join(directory, 'broken');
      writeFileSync(file, 'clusters: 3\n');
      return file;
    },
    /the kubeconfig .*broken cannot be read: clusters: /,
  ],
  [
    'a user that is not there',
    (server) => {
      const file = writeConfig('nobody', { server });
      writeFileSync(file, readFileSync(file, 'utf8').replace('"name":"me"', '"name":"you"'));
      return file;
    },
    /nobody refers to "me", which is not in it$/,
  ],
  [
    'a wrong token',
    (server) => writeConfig('stranger', { server, user: { token: 'wrong' } }),
    /Kubernetes at http:\S+ could not be asked for the jobs of a run: Unauthorized \(status 401\); check the context/,
  ],
  [
    'another namespace',
    (server) => writeConfig('elsewhere', { server, namespace: 'other' }),
    /forbidden in that namespace \(status 403\)/,
  ],
  [
    'a server that is not there',
    () => writeConfig('nowhere', { server: 'http://127.0.0.1:9' }),
    /Kubernetes at http:\/\/127\.0\.0\.1:9 could not be asked .*ECONNREFUSED/,
  ],
  [
    'a program that signs nobody in',
    (server) =>
      writeConfig('exec', {
        server,
        user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'false' } },
      }),
    /^TopfiveError: false, which the kubeconfig names for signing in, gave no credentials/,
  ],
];

for (const [what, write, sentence] of wrong) {
  test(`${what} is told in one sentence`, async () => {
    await withServer(async (server) => {
      await assert.rejects(async () => {
        const platform = await openWith(write(server));
        await platform.list(key);
      }, sentence);
    });
  });
}

test('a server whose certificate nobody vouches for is refused', async () => {
  const server = await startKubernetes({ namespace: 'lab', names: [], tls });
  try {
    const platform = await openWith(writeConfig('untrusted', { server: server.url }));
    await assert.rejects(platform.list(key), /could not be asked .*certificate/);
  } finally {
    await server.close();
  }
});
