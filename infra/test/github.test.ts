import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

const workflow = parse(readFileSync(join(import.meta.dirname, '../github/nightly.yml'), 'utf8'));

test('the workflow runs the nightly by a clock, once at a time, with no more rights than it needs', () => {
  assert.match(workflow.on.schedule[0].cron, /^\S+ \S+ \S+ \S+ \S+$/);
  assert.deepEqual(workflow.permissions, { contents: 'read', 'id-token': 'write' });
  assert.ok(workflow.concurrency.group);
  const steps: { run?: string; uses?: string; if?: string }[] = workflow.jobs.nightly.steps;
  assert.ok(steps.some(({ run }) => run?.startsWith('npx topfive nightly ')));
  for (const { uses } of steps) if (uses) assert.match(uses, /@v\d+$/);
});

test('the summary is posted whatever the verdict', () => {
  const steps: { run?: string; if?: string }[] = workflow.jobs.nightly.steps;
  const summary = steps.find(({ run }) => run?.includes('GITHUB_STEP_SUMMARY'));
  assert.equal(summary?.if, 'always()');
});
