/** Text made fit to be shown, above all what others wrote: keys, class names, reasons. */

const lineBreaks = /[\t\n\r]+/gu;
/** Controls, format characters (bidirectional overrides among them), lone surrogates, noncharacters. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** One line in which every character shows: what a terminal or an XML parser must not get becomes `\u{…}`. */
export function visible(text: string): string {
  return text
    .replace(lineBreaks, ' ')
    .replace(unseen, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** At most `limit` characters (code points), the last of them `…` when something was left out. */
export function clip(text: string, limit: number): string {
  const characters = text.length > limit ? [...text] : [];
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : text;
}

/** `top-1` as the head of a column: `Top-1`. */
export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
