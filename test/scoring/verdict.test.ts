import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  alphaForAlarms,
  type Estimand,
  type Gate,
  judgeGates,
  smallestDetectableDrop,
  type Verdict,
  worstVerdict,
} from '../../src/scoring/verdict.ts';

function gateOf({ b, c, images = 50000, margin = 0.002, noise = 0 }: GateInput): Gate {
  return {
    images,
    baseline: 38000 + b,
    candidate: 38000 + c,
    onlyBaselineRight: b,
    onlyCandidateRight: c,
    margin,
    noise,
  };
}

interface GateInput {
  b: number;
  c: number;
  images?: number;
  margin?: number;
  noise?: number;
}

const judge = (estimand: Estimand, ...gates: GateInput[]) =>
  judgeGates(gates.map(gateOf), { estimand, alpha: 0.05 });
const verdictOf = (estimand: Estimand, gate: GateInput) => judge(estimand, gate)[0].verdict;

const gates = fc.record({
  b: fc.nat({ max: 400 }),
  c: fc.nat({ max: 400 }),
  margin: fc.constantFrom(0, 0.0005, 0.002),
  noise: fc.nat({ max: 40 }),
});

test('on the manifest: pass if D + W ≤ M, regression if D − W > M, else inconclusive', () => {
  const cases: [number, number, Verdict][] = [
    [100, 0, 'pass'],
    [101, 0, 'regression'],
    [90, 10, 'pass'],
    [91, 10, 'inconclusive'],
    [110, 10, 'inconclusive'],
    [111, 10, 'regression'],
  ];
  for (const [lost, noise, verdict] of cases) {
    assert.equal(
      verdictOf('manifest', { b: lost + 30, c: 30, noise }),
      verdict,
      `${lost} ${noise}`,
    );
  }
  assert.equal(verdictOf('manifest', { b: 0, c: 0, margin: 0 }), 'pass');
  assert.equal(verdictOf('manifest', { b: 1, c: 0, margin: 0 }), 'regression');
});

test('a gain is never a regression, under either estimand', () => {
  fc.assert(
    fc.property(gates, (gate) => {
      const { b, c } = gate;
      const gain = { ...gate, b: Math.min(b, c), c: Math.max(b, c) };
      assert.notEqual(verdictOf('manifest', gain), 'regression');
      assert.notEqual(verdictOf('population', gain), 'regression');
    }),
  );
});

test('losing one more image never improves the verdict', () => {
  fc.assert(
    fc.property(gates, fc.constantFrom<Estimand>('manifest', 'population'), (gate, estimand) => {
      const now = verdictOf(estimand, gate);
      const worse = verdictOf(estimand, { ...gate, b: gate.b + 1 });
      assert.equal(worstVerdict([now, worse]), worse);
    }),
  );
});

test('for unseen images a small proven loss within the margin passes and is told', () => {
  const [gate] = judge('population', { b: 60, c: 30, margin: 0.005 });
  assert.equal(gate.verdict, 'pass');
  assert.ok(gate.pValue <= 0.05 && gate.marginPValue <= 0.05);
  assert.match(gate.explanation, /a loss is proven for unseen images .* but a small one/);
});

test('for unseen images nothing discordant is inconclusive at margin 0 and a pass at a margin', () => {
  assert.equal(verdictOf('population', { b: 0, c: 0, margin: 0 }), 'inconclusive');
  assert.equal(verdictOf('population', { b: 0, c: 0 }), 'pass');
  assert.equal(verdictOf('population', { b: 0, c: 0, images: 20 }), 'inconclusive');
  assert.equal(verdictOf('population', { b: 300, c: 200 }), 'regression');
});

test('a loss that one gate proves may need more beside twenty-seven others', () => {
  const lost = { b: 120, c: 90, margin: 0.0005 };
  assert.equal(judge('population', lost)[0].verdict, 'regression');
  const many = judge('population', lost, ...Array<GateInput>(27).fill({ b: 50, c: 50 }));
  assert.equal(many[0].verdict, 'inconclusive');
  assert.equal(many[0].adjustedPValue, Math.min(1, 28 * many[0].pValue));
  assert.equal(judge('manifest', lost)[0].verdict, 'regression');
  assert.equal(judge('manifest', lost, { b: 50, c: 50 })[0].verdict, 'regression');
});

test('the verdict for unseen images follows from its interval: pass below the margin only', () => {
  fc.assert(
    fc.property(gates, (gate) => {
      const [{ high, low, marginPValue, verdict }] = judge('population', gate);
      fc.pre(Math.abs(marginPValue - 0.05) > 1e-9);
      assert.equal(verdict === 'pass', high < gate.margin);
      assert.ok(low <= high);
    }),
  );
});

test('every explanation is one sentence', () => {
  fc.assert(
    fc.property(gates, fc.constantFrom<Estimand>('manifest', 'population'), (gate, estimand) => {
      assert.match(judge(estimand, gate)[0].explanation, /^[A-Z0-9].*\.$/);
    }),
  );
  assert.equal(
    judge('manifest', { b: 3, c: 2, noise: 4 })[0].explanation,
    '1 fewer image is right than in the baseline, give or take 4 by noise; the margin is 100.',
  );
});

test('the worst verdict decides, and nothing compared is invalid', () => {
  assert.equal(worstVerdict(['pass', 'inconclusive', 'pass']), 'inconclusive');
  assert.equal(worstVerdict(['inconclusive', 'regression']), 'regression');
  assert.equal(worstVerdict(['regression', 'invalid', 'pass']), 'invalid');
  assert.equal(worstVerdict(['pass']), 'pass');
  assert.equal(worstVerdict([]), 'invalid');
});

test('the smallest detectable drop at 1% discordance is 0.111 point for one gate and 0.168 for 28', () => {
  const drop = (gateCount: number) =>
    smallestDetectableDrop({ images: 50000, discordant: 0.01, alpha: 0.05, gates: gateCount });
  assert.equal((100 * drop(1)).toFixed(3), '0.111');
  assert.equal((100 * drop(28)).toFixed(3), '0.168');
});

test('alarms a year become the error level of a night', () => {
  assert.equal(alphaForAlarms(18.25), 0.05);
  assert.equal(alphaForAlarms(2, 40), 0.05);
  for (const alarms of [0, -1, 200, Number.NaN]) {
    assert.throws(() => alphaForAlarms(alarms), { name: 'TopfiveError', kind: 'usage' });
  }
});
