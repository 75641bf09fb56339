import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { makePlace } from './topfive.ts';

const place = makePlace();
after(() => place.remove());

interface Finding {
  name: string;
  status: string;
  finding: string;
  mend: string | null;
}

test('the doctor finds nothing that would make a run fail here, and leaves nothing behind', async () => {
  const { code, stdout } = await place.topfive('doctor', '--json');
  const findings: Finding[] = JSON.parse(stdout);
  assert.deepEqual(
    findings.filter(({ status }) => status === 'fail'),
    [],
  );
  assert.equal(code, 0);
  assert.match(stdout, /all four kernels give the pixels of OpenCV and Pillow/);
  assert.deepEqual(readdirSync(place.directory), []);
});

test('what would make a run fail comes with its mend, and exit code 2', async () => {
  const { code, stdout } = await place.topfive(
    ...['doctor', '--queue', 'redis://127.0.0.1:1', '--store', '/dev/null/x'],
  );
  assert.equal(code, 2);
  assert.match(stdout, /^fail +store .*--store$/m);
  assert.match(stdout, /^fail +queue .*redis:\/\/127\.0\.0\.1:1 cannot be used/m);
});
