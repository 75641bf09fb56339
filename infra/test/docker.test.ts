/** Dockerfiles and compose, as a linter and a parser see them: there is no container engine in continuous integration. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../docker');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

const problemsOf = (text: string) =>
  validate(text).map(({ range, message }) => `line ${range.start.line + 1}: ${message}`);

test('the linter finds what is wrong', () => {
  assert.equal(
    problemsOf('FROM node:22\nCOPPY a b\nHEALTHCHECK --intervall=5s CMD true\n').length,
    2,
  );
});

for (const name of ['Dockerfile', 'cuda.Dockerfile']) {
  test(`${name} passes the linter of Docker's own editors`, () => {
    assert.deepEqual(problemsOf(read(name)), []);
  });

  test(`${name} has two stages, versions that do not move by themselves, and a user that is not root`, () => {
    const lines = read(name).split('\n');
    const bases = lines.filter((line) => line.startsWith('FROM '));
    assert.equal(bases.length, 2);
    for (const base of bases) assert.match(base, /^FROM \S+:\d+\.\d+\.\d+\S*( AS \w+)?$/);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('USER ')),
      ['USER node'],
    );
    assert.ok(lines.some((line) => line.startsWith('HEALTHCHECK ')));
    assert.ok(lines.some((line) => line.startsWith('ENTRYPOINT ["') && line.includes('tini')));
  });
}

test('compose has a queue that evicts nothing, services that say when they are ready, and no password of its own', () => {
  const { services } = parse(read('compose.yaml'), { merge: true });
  const { valkey, minio, worker } = services;
  const policy = valkey.command.indexOf('--maxmemory-policy');
  assert.equal(valkey.command[policy + 1], 'noeviction');
  for (const service of [valkey, minio]) {
    assert.ok(service.healthcheck);
    assert.match(service.image, /:[^:]*\d/);
  }
  assert.match(worker.environment.TOPFIVE_QUEUE, /\$\{VALKEY_PASSWORD:\?/);
  assert.match(worker.environment.AWS_SECRET_ACCESS_KEY, /\$\{MINIO_PASSWORD:\?/);
  assert.ok(Number.parseInt(worker.stop_grace_period, 10) > Number(worker.command.at(-1)));
});
