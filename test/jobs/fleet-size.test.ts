import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FleetLoad, fleetSize, hostStartSeconds } from '../../src/jobs/fleet-size.ts';
import { deadlineSchema, deadlineSeconds } from '../../src/jobs/spending.ts';

const hour = 3600;
const day: FleetLoad = { jobs: 1000, deviceSeconds: 24 * hour };

test('as many workers as the deadline asks for, the start of a host counted', () => {
  assert.equal(fleetSize({ ...day, deadlineSeconds: 2 * hour + hostStartSeconds }).workers, 12);
  assert.equal(fleetSize({ ...day, deadlineSeconds: 2 * hour }).workers, 13);
});

test('a deadline that no number of workers meets is refused', () => {
  for (const load of [
    { ...day, deadlineSeconds: hostStartSeconds },
    { ...day, jobs: 3, deadlineSeconds: 2 * hour },
  ]) {
    assert.throws(() => fleetSize(load), /^TopfiveError: deadline: .* is too short for 24 h 0 min/);
  }
});

test('a budget pays for the work and for the start of every host', () => {
  const hourlyRate = 1;
  const budget = { amount: 24 + (3 * hostStartSeconds) / hour + 0.01, hourlyRate };
  const { workers, why } = fleetSize({ ...day, budget });
  assert.equal(workers, 3);
  assert.match(why, /budget/);
  assert.throws(
    () => fleetSize({ ...day, budget: { amount: 24, hourlyRate } }),
    /budget: 24 pays for 24 h 0 min at 1 an hour, and the run takes 24 h 4 min/,
  );
  assert.throws(
    () => fleetSize({ ...day, budget, deadlineSeconds: 2 * hour }),
    /the deadline needs 13 workers and the budget pays for 3/,
  );
});

test('of a run that was never measured little is started, and no budget is divided', () => {
  const unknown = { jobs: 1000, deviceSeconds: null };
  assert.equal(fleetSize(unknown).workers, 4);
  assert.equal(fleetSize({ ...unknown, jobs: 2 }).workers, 1);
  const budget = { amount: 1, hourlyRate: 1 };
  assert.equal(fleetSize({ ...unknown, budget }).workers, 1);
  assert.match(fleetSize({ ...unknown, deadlineSeconds: hour }).why, /nor whether the deadline/);
});

test('whatever the load: a worker at least, never more than jobs, and deadline and budget are kept', () => {
  const load = fc.record(
    {
      jobs: fc.integer({ min: 1, max: 10_000 }),
      deviceSeconds: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
      deadlineSeconds: fc.double({ min: 1, max: 1e6, noNaN: true }),
      budget: fc.record({
        amount: fc.double({ min: 0.01, max: 1000, noNaN: true }),
        hourlyRate: fc.double({ min: 0.01, max: 50, noNaN: true }),
      }),
    },
    { requiredKeys: ['jobs', 'deviceSeconds'] },
  );
  fc.assert(
    fc.property(load, (given) => {
      let workers: number;
      try {
        ({ workers } = fleetSize(given));
      } catch (error) {
        assert.match(String(error), /^TopfiveError: (deadline: |budget: |the deadline needs)/);
        return;
      }
      assert.ok(Number.isInteger(workers) && workers >= 1 && workers <= given.jobs);
      const { deviceSeconds, deadlineSeconds, budget } = given;
      if (deadlineSeconds !== undefined) {
        assert.ok(hostStartSeconds + deviceSeconds / workers <= deadlineSeconds * (1 + 1e-9));
      }
      if (budget) {
        const paid = ((deviceSeconds + workers * hostStartSeconds) / hour) * budget.hourlyRate;
        assert.ok(paid <= budget.amount * (1 + 1e-9));
      }
    }),
  );
});

test('a deadline is minutes or hours', () => {
  assert.equal(deadlineSeconds('90min'), 5400);
  assert.equal(deadlineSeconds('1.5h'), 5400);
  for (const wrong of ['90', '0h', '2 days', '-1h', 'h', '1e3min', '']) {
    assert.equal(deadlineSchema.safeParse(wrong).success, false, wrong);
  }
});
