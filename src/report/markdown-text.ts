/** Markdown from text that may hold anything: escaping, code spans, tables. */
import { clip, visible } from './visible.ts';

/** Characters; a longer text is clipped. */
const longestText = 300;
const longestSentences = 2000;

/** Text of others as Markdown text: no markup, no HTML, no mention, no link of its own. */
export function escaped(text: string): string {
  return escapeSigns(clip(visible(text), longestText));
}

/** The same for sentences of ours in which text of others stands. */
export function escapedSentence(text: string): string {
  return escapeSigns(clip(visible(text), longestSentences));
}

function escapeSigns(text: string): string {
  return text
    .replace(/[\\`*[\]|~$#_]/g, (sign, at: number, all: string) =>
      sign === '_' && isWord(all[at - 1]) && isWord(all[at + 1]) ? sign : `\\${sign}`,
    )
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/(www)\./gi, '$1\\.');
}

/** Text of others as a code span, which a table may hold. */
export function code(text: string): string {
  const content = clip(visible(text), longestText).replaceAll('|', '\\|');
  const fence = '`'.repeat(longestRun(content) + 1);
  const pad = /^`|`$/.test(content) || content.trim() === '' ? ' ' : '';
  return `${fence}${pad}${content}${pad}${fence}`;
}

/** Length of the longest run of backticks. */
export const longestRun = (text: string) =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

const isWord = (character: string | undefined) => /^[A-Za-z0-9]$/.test(character ?? '');

/** Columns of numbers stand right, all others left. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const numeric = (column: number) =>
    rows.every((row) => /^[-+]?\d|^-[⁰¹²³⁴-⁹]*(<br>.*)?$/.test(row[column]));
  const rule = header.map((_, column) => (column > 0 && numeric(column) ? '--:' : ':--'));
  return [header, rule, ...rows].map(line).join('\n');
}

/** A numbered list, from 1. */
export const numbered = (items: readonly string[]) =>
  items.map((item, index) => `${index + 1}. ${item}`).join('\n');

/** A list; a sign or number at the start of an item starts no list of its own. */
export function bullets(items: readonly string[]): string {
  return items
    .map((item) => item.replace(/^[-+=]/, '\\$&').replace(/^(\d+)([.)])/, '$1\\$2'))
    .map((item) => `- ${item}`)
    .join('\n');
}
