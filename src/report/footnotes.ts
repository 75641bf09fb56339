/** Reasons below a table, and the small numbers in it that point to them. */

export interface Footnotes {
  /** `text` with the number of its reason, such as `-¹`; equal reasons have one number. */
  marked: (text: string, reason: string) => string;
  /** In the order of their numbers, from 1. */
  reasons: () => string[];
}

export function openFootnotes(): Footnotes {
  const numbers = new Map<string, number>();
  return {
    marked(text, reason) {
      const number = numbers.get(reason) ?? numbers.size + 1;
      numbers.set(reason, number);
      return text + superscript(number);
    },
    reasons: () => [...numbers.keys()],
  };
}

const raised = '⁰¹²³⁴⁵⁶⁷⁸⁹';

const superscript = (number: number) =>
  [...String(number)].map((digit) => raised[Number(digit)]).join('');
