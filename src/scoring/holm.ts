/** Adjusted p-values for a family of tests: Holm (1979) and Benjamini & Hochberg (1995). */

/**
 * Holm's step-down adjustment. Rejecting where the adjusted value is at most α keeps the chance of any false
 * rejection in the family at α, whatever the dependence.
 * @returns in the order of `pValues`, each at least its p-value and at most 1.
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  for (const [place, test] of ascending(pValues).entries()) {
    highest = Math.max(highest, Math.min(1, (pValues.length - place) * pValues[test]));
    adjusted[test] = highest;
  }
  return adjusted;
}

/**
 * Benjamini and Hochberg's step-up adjustment. Rejecting where the adjusted value is at most α keeps the expected
 * share of false among all rejections at α, for independent or positively dependent tests.
 * @returns in the order of `pValues`, each at least its p-value and at most 1.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  const order = ascending(pValues);
  let lowest = 1;
  for (let place = order.length - 1; place >= 0; place -= 1) {
    const test = order[place];
    lowest = Math.min(lowest, (pValues.length / (place + 1)) * pValues[test]);
    adjusted[test] = lowest;
  }
  return adjusted;
}

function ascending(pValues: readonly number[]): number[] {
  return [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b]);
}
