import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';

const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');

/** Every command that does something, with its words: `dataset index`. */
function leaves(command: Command, words: string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[words.join(' '), command]];
  return command.commands.flatMap((child) => leaves(child, [...words, child.name()]));
}

/** The section of a command: from its heading to the next. */
function sectionOf(words: string): string {
  const [, section] = docs.split(new RegExp(`^### \`topfive ${words}\\b.*$`, 'm'));
  assert.ok(section, `docs/cli.md has no section on topfive ${words}`);
  return section.split(/^##/m)[0];
}

const flagsOf = (command: Command) =>
  command.options.flatMap(({ long }) => (long ? [long] : [])).sort();
const flagsIn = (text: string) => [...new Set(text.match(/--[a-z][a-z0-9-]*/g))];

const program = await buildProgram();
const commands = leaves(program);

test('there are commands', () => {
  assert.ok(commands.length >= 15);
});

for (const [words, command] of commands) {
  test(`docs/cli.md and the help agree on topfive ${words}`, () => {
    assert.ok(command.description().length > 0);
    assert.match(command.helpInformation(), new RegExp(`Usage: topfive ${words}`));
    const section = sectionOf(words);
    const inherited = words === 'submit' ? sectionOf('run') : '';
    for (const flag of flagsOf(command)) {
      assert.ok(`${section}${inherited}`.includes(`\`${flag}`), `${flag} is not in docs/cli.md`);
    }
  });
}

test('docs/cli.md names no flag that does not exist', () => {
  const known = new Set([program, ...commands.map(([, command]) => command)].flatMap(flagsOf));
  const invented = flagsIn(docs).filter((flag) => !known.has(flag) && flag !== '--help');
  assert.deepEqual(invented, []);
});
