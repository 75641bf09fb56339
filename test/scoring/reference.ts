/** Reference values of test/fixtures/statistics, and nearness to them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export function readReference<Row extends z.ZodType>(name: string, row: Row): z.infer<Row>[] {
  const path = new URL(`../fixtures/statistics/${name}.json`, import.meta.url);
  const rows = z.array(row).parse(JSON.parse(readFileSync(path, 'utf8')));
  assert.ok(rows.length > 0);
  return rows;
}

/** Equal to nine digits, however small. */
export function assertNear(got: number, want: number, about: unknown): void {
  const gap = Math.abs(got - want);
  const near = gap <= 1e-9 * Math.abs(want) || gap < 1e-300;
  assert.ok(near, `${JSON.stringify(about)}: got ${got}, want ${want}`);
}
