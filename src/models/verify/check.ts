/** What was found of one property of an artifact. */

export interface Check {
  name: string;
  /** `skip`: nothing to hold it against. */
  status: 'ok' | 'fail' | 'skip';
  finding: string;
}

/** Holds a figure against the card's. */
export function compare(name: string, found: string, expected: string): Check {
  return found === expected
    ? { name, status: 'ok', finding: found }
    : { name, status: 'fail', finding: `${found}, but the card has ${expected}` };
}
