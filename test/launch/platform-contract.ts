/** What every platform owes to a run, tried on a server of the platform. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TopfiveError } from '../../src/errors.ts';
import type { JobPlatform } from '../../src/launch/platform.ts';
import { platformLauncher } from '../../src/launch/platform.ts';
import { waitFor } from '../queue/harness.ts';

/** A job as the platform has it. */
export interface SeenJob {
  args: string[];
  env: Record<string, string>;
  /** Copies that run side by side. */
  members: number;
  /** Whether it was told to end. */
  told: boolean;
}

export interface PlatformPlace {
  platform: JobPlatform;
  /** Jobs of both roles, oldest first. */
  seen(): Promise<SeenJob[]>;
  /** Lets what was told to end come to its end. */
  settle(): Promise<void>;
  /** A platform whose definitions are not there. */
  empty: JobPlatform;
  close(): Promise<void>;
}

export function testPlatform(
  name: string,
  { skip, open }: { skip: string | false; open: () => Promise<PlatformPlace> },
): void {
  const options = { skip };
  let place: PlatformPlace;
  before(async () => {
    if (!skip) place = await open();
  });
  after(() => place?.close());

  const worker = (runId: string) => ({ runId, role: 'worker' }) as const;
  const order = { args: ['worker', '--run', 'a'], env: { TOPFIVE_STORE: 's3://bucket/store' } };

  test(
    `${name}: one worker and several are listed with their members, run by run`,
    options,
    async () => {
      const { platform } = place;
      await platform.start({ ...worker('run-a'), ...order, members: 1 });
      await platform.start({ ...worker('run-a'), ...order, members: 3 });
      await platform.start({ ...worker('run-b'), ...order, members: 2 });
      const alive = (await platform.list(worker('run-a'))).map((job) => job.alive);
      assert.deepEqual(alive.sort(), [1, 3]);
      assert.equal((await platform.list({ runId: 'run-a', role: 'coordinator' })).length, 0);
      const jobs = await place.seen();
      assert.deepEqual(
        jobs.map(({ members }) => members),
        [1, 3, 2],
      );
      for (const job of jobs) {
        assert.deepEqual(job.args, order.args);
        assert.equal(job.env.TOPFIVE_STORE, order.env.TOPFIVE_STORE);
        assert.equal(job.env.OF_THE_DEFINITION, 'kept');
      }
    },
  );

  test(
    `${name}: a fleet counts the workers that are there, and ends those of its run alone`,
    options,
    async () => {
      const { platform } = place;
      const lines: string[] = [];
      const launcher = platformLauncher({
        platform,
        env: order.env,
        onLine: (line) => lines.push(line),
        lookMs: 20,
      });
      const fleet = await launcher.start({ runId: 'run-a', workers: 6, args: ['--threads', '2'] });
      assert.match(lines.join(), /4 workers of an earlier coordinator are there/);
      const added = (await place.seen()).at(-1);
      assert.equal(added?.members, 2);
      assert.deepEqual(added?.args, [
        ...['worker', '--run', 'run-a'],
        ...platform.workerArgs,
        ...['--threads', '2'],
      ]);
      const again = await launcher.start({ runId: 'run-a', workers: 6, args: [] });
      assert.equal((await place.seen()).length, 4, 'nobody is missing now');
      await again.release();
      await fleet.stop();
      assert.deepEqual(
        (await place.seen()).map(({ told }) => told),
        [true, true, false, true],
      );
      await place.settle();
      await waitFor('no worker is listed', async () => {
        return (await platform.list(worker('run-a'))).length === 0;
      });
    },
  );

  test(`${name}: a fleet is done when no worker is left`, options, async () => {
    const launcher = platformLauncher({
      platform: place.platform,
      env: {},
      onLine: assert.fail,
      lookMs: 20,
    });
    const fleet = await launcher.start({ runId: 'run-c', workers: 2, args: [] });
    for (const { id } of await place.platform.list(worker('run-c'))) await place.platform.end(id);
    await place.settle();
    await fleet.done;
    await fleet.stop();
  });

  test(`${name}: definitions that are not there are told in one sentence`, options, async () => {
    await assert.rejects(
      place.empty.start({ ...worker('run-d'), ...order, members: 1 }),
      (error: unknown) => {
        assert.ok(error instanceof TopfiveError);
        assert.equal(error.exitCode, 2);
        assert.match(error.message, /absent-worker/);
        assert.match(error.message, /TOPFIVE_LAUNCH_NAME/);
        return true;
      },
    );
  });
}
