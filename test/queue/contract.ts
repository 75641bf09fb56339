/** What the queue promises, whichever engine carries it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import { TopfiveError } from '../../src/errors.ts';
import type { ChildFailure } from '../../src/jobs/aggregate.ts';
import type { ShardJob } from '../../src/jobs/missing.ts';
import { createBackend, keyPrefix, shardsQueue } from '../../src/queue/backend.ts';
import { type Engine, openEngine } from '../../src/queue/engine.ts';
import { readEngineLock } from '../../src/queue/engine-lock.ts';
import { openRunQueue, type RunProgress, type RunQueue } from '../../src/queue/run-queue.ts';
import {
  type JobContext,
  type RunWorker,
  type RunWorkerOptions,
  startRunWorker,
} from '../../src/queue/run-worker.ts';
import { openScheduleQueue, type ScheduleQueue } from '../../src/queue/schedule-queue.ts';
import type { EngineKind } from '../../src/queue/url.ts';
import {
  countConnections,
  log,
  loseEverything,
  makeDirectory,
  runProgram,
  settle,
  waitFor,
} from './harness.ts';

const store = 'file:///store';
const retryDelayMs = 40;

function shardJobs(count: number): ShardJob[] {
  return Array.from({ length: count }, (_, shard) => ({ shard, group: shard % 2 }));
}

/** Work that waits for its signal. */
function waitForSignal({ signal }: JobContext): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    if (signal.aborted) reject(new Error('aborted'));
  });
}

export function testQueue(kind: EngineKind): void {
  describe(`the queue on an embedded ${kind}`, () => {
    const directory = makeDirectory();
    let engine: Engine;
    let queue: RunQueue;
    const open: RunWorker[] = [];
    let runs = 0;
    const nextRun = () => `run-${++runs}`;

    before(async () => {
      engine = await openEngine({
        queue: `embedded:${kind}`,
        directory: directory.path,
        own: true,
        log,
      });
      queue = await openRunQueue(engine.url, { log, retryDelayMs });
    });
    after(async () => {
      await queue?.close();
      await engine?.close();
      directory.remove();
    });

    const start = async (options: Partial<RunWorkerOptions>) => {
      const worker = await startRunWorker({
        url: engine.url,
        shard: async () => {},
        aggregate: async () => {},
        lockMs: 1000,
        stalledIntervalMs: 100,
        log,
        ...options,
      });
      open.push(worker);
      return worker;
    };
    const closeWorkers = () => Promise.all(open.splice(0).map((worker) => worker.close(0)));
    afterEach(closeWorkers);
    const ends = (runId: string) =>
      waitFor(`the end of ${runId}`, async () => {
        const run = await queue.runState(runId);
        return run.state === 'done' || run.state === 'failed' ? run : undefined;
      });

    test('every shard of a run is worked on once, then the run once', async () => {
      const runId = nextRun();
      const seen: string[] = [];
      await start({
        shard: async (payload) => {
          assert.equal(payload.store, store);
          seen.push(`${payload.shard} ${payload.group}`);
        },
        aggregate: async ({ runId: id }, { childFailures, attempt }) => {
          assert.deepEqual(childFailures, []);
          assert.equal(attempt, 1);
          seen.push(id);
        },
      });
      assert.equal(await queue.enqueueRun({ runId, store, jobs: shardJobs(20) }), 21);
      assert.deepEqual(await ends(runId), { state: 'done' });
      assert.equal(seen.at(-1), runId);
      const expected = shardJobs(20).map(({ shard, group }) => `${shard} ${group}`);
      assert.deepEqual(seen.slice(0, -1).sort(), expected.sort());
    });

    test('a second shard is held while two wait for each worker, and one alone after that', async () => {
      const runId = nextRun();
      const held: number[] = [];
      let now = 0;
      let last = Promise.resolve();
      await start({
        holdsNext: async () => true,
        shard: async () => {
          held.push(++now);
          last = last.then(() => sleep(30));
          await last;
          now -= 1;
        },
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(8) });
      assert.deepEqual(await ends(runId), { state: 'done' });
      assert.equal(held.length, 8);
      assert.equal(Math.max(...held), 2);
      assert.equal(held[0], 1);
      assert.equal(held.at(-1), 1, 'the last is nobody else’s to take');
    });

    test('a shard that fails for good is told to its run, which is still worked on', async () => {
      const runId = nextRun();
      let told: ChildFailure[] = [];
      const attempts: number[] = [];
      await start({
        shard: async ({ shard }, { attempt }) => {
          if (shard === 1) throw new TopfiveError('model', 'the model is unsuitable');
          if (shard === 2) {
            attempts.push(attempt);
            throw new Error('the disk is away');
          }
        },
        aggregate: async (_, { childFailures }) => {
          told = childFailures;
        },
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(4) });
      await ends(runId);
      told.sort((a, b) => a.shard - b.shard);
      assert.deepEqual(told, [
        { shard: 1, group: 1, reason: 'the model is unsuitable' },
        { shard: 2, group: 0, reason: 'the disk is away' },
      ]);
      assert.deepEqual(attempts, [1, 2, 3, 4]);
    });

    test('a failed attempt is tried again after a growing wait, and knows when it is the last', async () => {
      const runId = nextRun();
      const attempts: { attempt: number; finalAttempt: boolean; at: number }[] = [];
      await start({
        shard: async (_, { attempt, finalAttempt }) => {
          attempts.push({ attempt, finalAttempt, at: performance.now() });
          if (attempt < 4) throw new TopfiveError('storage', 'the bucket does not answer');
        },
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await ends(runId);
      assert.deepEqual(
        attempts.map(({ attempt, finalAttempt }) => [attempt, finalAttempt]),
        [
          [1, false],
          [2, false],
          [3, false],
          [4, true],
        ],
      );
      for (const [index, factor] of [1, 2, 4].entries()) {
        const waited = attempts[index + 1].at - attempts[index].at;
        // The clocks of queue and worker are rounded to milliseconds.
        assert.ok(waited >= (factor * retryDelayMs) / 2 - 2, `waited ${waited} ms`);
      }
    });

    test('a run that fails says why', async () => {
      const runId = nextRun();
      await start({
        aggregate: async () => {
          throw new TopfiveError('output', 'the output folder cannot be written');
        },
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      const reason = 'the output folder cannot be written';
      assert.deepEqual(await ends(runId), { state: 'failed', reason });
    });

    test('a run is on the queue once, however often it is added', async () => {
      const runId = nextRun();
      let worked = 0;
      const run = { runId, store, jobs: shardJobs(5) };
      assert.equal(await queue.enqueueRun(run), 6);
      assert.equal(await queue.enqueueRun(run), 0);
      assert.equal(await queue.requeueRun(run), 0);
      const { waiting, waitingChildren, active } = await queue.counts();
      assert.deepEqual(
        { waiting, waitingChildren, active },
        { waiting: 5, waitingChildren: 1, active: 0 },
      );
      assert.deepEqual(await queue.runState(runId), { state: 'evaluating' });
      await start({
        shard: async () => {
          worked++;
        },
      });
      await ends(runId);
      assert.equal(await queue.enqueueRun(run), 0);
      assert.equal(worked, 5);
    });

    test('what the queue lost is put back, and a finished run gets a fresh round', async () => {
      const runId = nextRun();
      const [first, ...rest] = shardJobs(6);
      const worked: number[] = [];
      let aggregated = 0;
      await queue.enqueueRun({ runId, store, jobs: [first, ...rest] });
      await loseEverything(engine.url);
      assert.deepEqual(await queue.runState(runId), { state: 'absent' });
      await start({
        shard: async ({ shard }) => {
          worked.push(shard);
        },
        aggregate: async () => {
          aggregated++;
        },
      });
      assert.equal(await queue.requeueRun({ runId, store, jobs: rest }), 6);
      await ends(runId);
      assert.deepEqual(worked.splice(0).sort(), [1, 2, 3, 4, 5]);
      assert.equal(await queue.requeueRun({ runId, store, jobs: [first] }), 2);
      await ends(runId);
      assert.deepEqual(worked.splice(0), [0]);
      assert.equal(await queue.requeueRun({ runId, store, jobs: [] }), 1);
      await waitFor('the third round', () => aggregated === 3);
      await ends(runId);
      assert.deepEqual(worked, []);
    });

    test('a cancelled run leaves the queue, and its work in progress is told', async () => {
      const runId = nextRun();
      const taken: number[] = [];
      let aborted = 0;
      await start({
        shard: async ({ shard }, context) => {
          taken.push(shard);
          await waitForSignal(context).catch((error) => {
            aborted++;
            throw error;
          });
        },
        aggregate: async () => assert.fail('a cancelled run is not aggregated'),
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(8) });
      await waitFor('the first shard', () => taken.length > 0);
      await queue.cancelRun(runId);
      await waitFor('the abort', () => aborted === taken.length);
      assert.deepEqual(await queue.runState(runId), { state: 'absent' });
      await waitFor('an empty queue', async () =>
        Object.values(await queue.counts()).every((count) => count === 0),
      );
      assert.equal(taken.length, 1);
    });

    test('a cancelled run can be put back at once, while its old work still ends', async () => {
      const runId = nextRun();
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let taken = 0;
      let worked = 0;
      await start({
        shard: () => {
          taken++;
          return held;
        },
      });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(3) });
      await waitFor('the first shard', () => taken === 1);
      await queue.cancelRun(runId);
      assert.equal(await queue.requeueRun({ runId, store, jobs: shardJobs(3) }), 4);
      await start({
        shard: async () => {
          worked++;
        },
      });
      assert.deepEqual(await ends(runId), { state: 'done' });
      assert.deepEqual([taken, worked], [1, 3]);
      release();
    });

    test('a killed worker is heard until it dies, and its shard is recovered by another', async () => {
      const runId = nextRun();
      const heard: RunProgress[] = [];
      const stop = queue.onProgress((progress) => heard.push(progress));
      const other = runProgram('worker-program', { url: engine.url, lockMs: 500 });
      await other.line('ready');
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      const progress = await waitFor('progress', () => heard.at(-1));
      assert.deepEqual(
        { ...progress, done: 0, scored: 0 },
        {
          runId,
          shard: 0,
          group: 0,
          done: 0,
          total: 1000,
          scored: 0,
          failed: 0,
        },
      );
      other.child.kill('SIGKILL');
      await other.exited;
      let attempts: number[] = [];
      await start({
        lockMs: 500,
        shard: async (_, { attempt }) => {
          attempts = [...attempts, attempt];
        },
      });
      await ends(runId);
      assert.deepEqual(attempts, [1]);
      stop();
    });

    test('a shard that is lost with too many workers fails for good and is told to its run', async (t) => {
      const runId = nextRun();
      const settings = { connection: engine.url, prefix: keyPrefix, lockDuration: 50 };
      const frozen = new Worker(
        shardsQueue,
        () => new Promise(() => {}),
        { ...settings, skipLockRenewal: true, skipStalledCheck: true },
        createBackend,
      );
      frozen.on('error', () => {});
      t.after(() => frozen.close(true));
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await waitFor('an active shard', async () => (await queue.counts()).active === 1);
      let told: ChildFailure[] = [];
      await start({
        maxStalledCount: 0,
        shard: async () => assert.fail('it must not be worked on again'),
        aggregate: async (_, { childFailures }) => {
          told = childFailures;
        },
      });
      await ends(runId);
      assert.match(told[0]?.reason, /stalled/);
    });

    test('an idle worker ends by itself, but not while another still has work', async () => {
      const runId = nextRun();
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const busy = await start({ shard: () => held, exitWhenIdleSeconds: 0.1 });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await waitFor('an active shard', async () => (await queue.counts()).active === 1);
      const idle = await start({ exitWhenIdleSeconds: 0.1 });
      let ended = false;
      idle.done.then(() => {
        ended = true;
      });
      await sleep(500);
      assert.equal(ended, false);
      release();
      await Promise.all([idle.done, busy.done]);
      assert.deepEqual(await queue.runState(runId), { state: 'done' });
      open.length = 0;
    });

    test('a worker that sees only jobs of another storage is idle, and leaves them as they were', async () => {
      const runId = nextRun();
      await queue.enqueueRun({ runId, store: 'file:///elsewhere', jobs: shardJobs(40) });
      const stranger = await start({
        exitWhenIdleSeconds: 0.3,
        acceptsStore: (uri) => uri === store,
        refusalDelayMs: 50,
        shard: async () => assert.fail('not for this worker'),
      });
      await stranger.done;
      open.length = 0;
      let shards = 0;
      await start({
        shard: async () => {
          shards += 1;
        },
      });
      assert.deepEqual(await ends(runId), { state: 'done' });
      assert.equal(shards, 40);
    });

    test('in the tail idle workers go but for one, which takes up the shard of a worker that is lost', async () => {
      const runId = nextRun();
      const other = runProgram('worker-program', { url: engine.url, lockMs: 500 });
      await other.line('ready');
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await waitFor('an active shard', async () => (await queue.counts()).active === 1);
      const taken: number[] = [];
      let left = 3;
      const idle = await Promise.all(
        Array.from({ length: left }, () =>
          start({
            lockMs: 500,
            shard: async ({ shard }) => void taken.push(shard),
            leaveInTail: true,
          }),
        ),
      );
      for (const { done } of idle) {
        done.then(() => {
          left -= 1;
        });
      }
      await waitFor('two to leave', () => left === 1);
      other.child.kill('SIGKILL');
      await Promise.all(idle.map(({ done }) => done));
      assert.deepEqual(taken, [0]);
      assert.deepEqual(await queue.runState(runId), { state: 'done' });
      open.length = 0;
    });

    test('work that a closing worker gives back loses no attempt', async () => {
      const runId = nextRun();
      const leaving = await start({ shard: (_, context) => waitForSignal(context) });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await waitFor('an active shard', async () => (await queue.counts()).active === 1);
      await leaving.close(0);
      await leaving.done;
      assert.equal((await queue.counts()).waiting, 1);
      const attempts: number[] = [];
      await start({
        shard: async (_, { attempt }) => {
          attempts.push(attempt);
        },
      });
      await ends(runId);
      assert.deepEqual(attempts, [1]);
    });

    test('a closing worker finishes what ends within its grace', async () => {
      const runId = nextRun();
      const leaving = await start({ shard: () => sleep(150) });
      await queue.enqueueRun({ runId, store, jobs: shardJobs(1) });
      await waitFor('an active shard', async () => (await queue.counts()).active === 1);
      await leaving.close(5000);
      assert.deepEqual(await queue.runState(runId), { state: 'aggregating' });
      await start({});
      await ends(runId);
    });

    test('a job of another form fails at once and says so', async (t) => {
      const options = { connection: engine.url, prefix: keyPrefix };
      const shards = new Queue(shardsQueue, options, createBackend);
      t.after(() => shards.close());
      await shards.add('shard', { runId: 'r', shard: 'one' }, { jobId: 'odd', attempts: 4 });
      await start({ shard: async () => assert.fail('it must not be worked on') });
      await waitFor('the failure', async () => (await shards.getJobState('odd')) === 'failed');
      const job = await shards.getJob('odd');
      assert.equal(job?.attemptsMade, 1);
      assert.match(job?.failedReason ?? '', /payload .*\(store: .*; shard: .*; group: .*\)/);
    });

    test('a worker refuses the jobs of another store without spending their attempts', async () => {
      const runId = nextRun();
      const elsewhere = 's3://elsewhere/runs';
      await start({
        acceptsStore: (uri) => uri === store,
        refusalDelayMs: 100,
        shard: async () => assert.fail('it must not be worked on'),
      });
      await queue.enqueueRun({ runId, store: elsewhere, jobs: shardJobs(1) });
      await waitFor('the refusal', async () => (await queue.counts()).delayed === 1);
      await closeWorkers();
      const attempts: number[] = [];
      await start({
        acceptsStore: (uri) => uri === elsewhere,
        shard: async (_, { attempt }) => {
          attempts.push(attempt);
        },
      });
      await ends(runId);
      assert.deepEqual(attempts, [1]);
    });

    test('a server that is killed comes back with its data, and the run completes', async () => {
      const runId = nextRun();
      const worked = new Set<number>();
      await queue.enqueueRun({ runId, store, jobs: shardJobs(12) });
      await settle(engine.url);
      await start({
        lockMs: 500,
        shard: async ({ shard }) => {
          if (shard === 3 && !worked.has(3)) {
            const server = readEngineLock(directory.path)?.server;
            assert.ok(server);
            process.kill(server.pid, 'SIGKILL');
          }
          worked.add(shard);
        },
      });
      assert.deepEqual(await ends(runId), { state: 'done' });
      assert.equal(worked.size, 12);
    });

    describe('a timetable', () => {
      const everySecond = { cron: '* * * * * *', timeZone: 'UTC' };
      let schedules: ScheduleQueue;
      let names = 0;
      const nextNight = () => ({ store, schedule: `schedule-${++names}` });
      before(async () => {
        schedules = await openScheduleQueue(engine.url, log);
      });
      after(() => schedules.close());

      test('puts a night on the queue when it is due, again and again, until it is removed', async () => {
        const night = nextNight();
        const dues: Date[] = [];
        await start({
          night: async (payload, { due, attempt }) => {
            assert.deepEqual([payload, attempt], [night, 1]);
            dues.push(due);
          },
        });
        await schedules.keep(night, everySecond);
        await waitFor('two nights', () => dues.length >= 2);
        assert.ok(dues.every((due) => due.getMilliseconds() === 0 && due.getTime() <= Date.now()));
        assert.ok(dues[1].getTime() > dues[0].getTime());
        await schedules.remove(night);
        const seen = dues.length;
        await sleep(1500);
        // One may have been on its way.
        assert.ok(dues.length <= seen + 1);
      });

      test('keeps a night that nobody took, and a worker that comes late is told when it was due', async () => {
        const night = nextNight();
        await schedules.keep(night, everySecond);
        const kept = Date.now();
        await sleep(2100);
        await schedules.keep(night, everySecond);
        let due: Date | undefined;
        await start({
          night: async (payload, context) => {
            if (payload.schedule === night.schedule) due ??= context.due;
          },
        });
        await waitFor('the night', () => due !== undefined);
        await schedules.remove(night);
        assert.ok(due && due.getTime() - kept <= 1000, `${due?.toISOString()}`);
      });

      test('that changed takes the place of the earlier one', async () => {
        const night = nextNight();
        await schedules.keep(night, { cron: '0 0 1 1 *', timeZone: 'UTC' });
        let taken = false;
        await start({
          night: async () => {
            taken = true;
          },
        });
        await schedules.keep(night, everySecond);
        await waitFor('the night', () => taken);
        await schedules.remove(night);
      });

      test('has its night worked on again when its worker is lost, as the same night', async () => {
        const night = nextNight();
        const dues: string[] = [];
        const lost = await start({
          night: async (_, { due, signal }) => {
            dues.push(due.toISOString());
            await waitForSignal({ signal } as JobContext);
          },
        });
        await schedules.keep(night, everySecond);
        await waitFor('the night', () => dues.length === 1);
        await lost.close(0);
        await start({
          night: async (_, { due }) => {
            dues.push(due.toISOString());
          },
        });
        await waitFor('the night again', () => dues.length >= 2);
        await schedules.remove(night);
        assert.equal(dues[1], dues[0]);
      });
    });

    test('closing leaves no connection behind', async () => {
      await queue.close();
      await waitFor('no connection', async () => (await countConnections(engine.url)) === 0);
    });
  });
}
