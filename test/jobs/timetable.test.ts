import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTimetable, countNights, nextNight } from '../../src/jobs/timetable.ts';

const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
const time = (text: string) => new Date(text);

test('the next night is at the time of its zone', () => {
  const winter = nextNight(berlin, time('2026-01-15T12:00:00Z'));
  assert.equal(winter.toISOString(), '2026-01-16T01:30:00.000Z');
  const summer = nextNight(berlin, time('2026-07-15T12:00:00Z'));
  assert.equal(summer.toISOString(), '2026-07-16T00:30:00.000Z');
});

test('nights are counted between two times, both excluded, also where the clocks change', () => {
  const count = (from: string, until: string) =>
    countNights(berlin, { from: time(from), until: time(until) });
  assert.equal(count('2026-01-10T01:30:00Z', '2026-01-11T01:30:00Z'), 0);
  assert.equal(count('2026-01-10T01:30:00Z', '2026-01-14T01:30:00Z'), 3);
  // On 29 March 2026 there is no half past two in Berlin, on 25 October there are two.
  assert.equal(count('2026-03-27T12:00:00Z', '2026-03-31T12:00:00Z'), 4);
  assert.equal(count('2026-10-23T12:00:00Z', '2026-10-27T12:00:00Z'), 4);
});

test('a timetable that would take for ever to count ends at a thousand', () => {
  const often = { cron: '* * * * *', timeZone: 'UTC' };
  const from = time('2026-01-01T00:00:00Z');
  assert.equal(countNights(often, { from, until: time('2027-01-01T00:00:00Z') }), 1000);
});

for (const [timetable, told] of [
  [{ ...berlin, timeZone: 'Mars/Base' }, /time zone .* Europe\/Berlin or UTC, not "Mars\/Base"/],
  [{ ...berlin, cron: '2 * *' }, /fewer than five fields/],
  [{ ...berlin, cron: '0 25 * * *' }, /must be five fields of cron .* not "0 25 \* \* \*"/],
  [{ ...berlin, cron: 'every night at two' }, /must be five fields of cron/],
] as const) {
  test(`"${timetable.cron}" in ${timetable.timeZone} is refused`, () => {
    assert.throws(() => checkTimetable(timetable), told);
  });
}
