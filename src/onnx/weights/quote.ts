/** Shows what a file said inside an error sentence: quoted, in printable characters, and short. */

const most = 120;

/** @param value of JSON or of a pickle */
export function quote(value: unknown): string {
  const text = typeof value === 'string' || isPlain(value) ? JSON.stringify(value) : typeof value;
  const printable = text.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return printable.length > most ? `${printable.slice(0, most)}…` : printable;
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.length < 100 && value.every((item) => isNumber(item));
  return value === null || typeof value === 'boolean' || isNumber(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}
