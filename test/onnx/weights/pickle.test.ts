/** What a pickle may not do: call, name, nest, multiply or claim anything that weights do not need. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopfiveError } from '../../../src/errors.ts';
import { vocabulary } from '../../../src/onnx/weights/vocabulary.ts';
import {
  call,
  dict,
  floats,
  global,
  integer,
  numpyArray,
  pickle,
  steps,
  text,
  tuple,
  uint32,
} from './pickle-bytes.ts';
import { readAll } from './scratch-file.ts';

const refused = (message: RegExp) => ({ name: 'TopfiveError', kind: 'model', message });
const marker = join(tmpdir(), `topfive-was-run-${process.pid}`);
const command = text(`touch ${marker}`);

test('a state dict put together by hand is read', async () => {
  const tensors = await readAll(pickle(dict([text('weight'), numpyArray()])));
  assert.deepEqual(tensors, { weight: { shape: [2], values: [1, 2] } });
});

const calls: [title: string, bytes: Buffer, named: RegExp][] = [
  ['posix.system', pickle(call(global('posix', 'system'), command)), /asks for "posix\.system"/],
  [
    'os.system by protocol 4',
    pickle(text('os'), text('system'), steps('\x93'), tuple(command), steps('R')),
    /asks for "os\.system"/,
  ],
  [
    'eval of Python 2',
    pickle(call(global('__builtin__', 'eval'), command)),
    /asks for "builtins\.eval"/,
  ],
  [
    'eval under the name of NumPy',
    pickle(call(global('numpy', 'f2py.os.system'), command)),
    /asks for "numpy\.f2py\.os\.system"/,
  ],
  ['torch.load', pickle(call(global('torch', 'load'), command)), /asks for "torch\.load"/],
  [
    'a name that is not called',
    pickle(global('subprocess', 'Popen')),
    /asks for "subprocess\.Popen"/,
  ],
  ['a name made of a list', pickle(steps('])'), steps('\x93')), /broken pickle/],
  ['an instance by INST', pickle(steps('('), command, steps('iposix\nsystem\n')), /the byte 0x69/],
  [
    'an instance by OBJ',
    pickle(steps('('), global('numpy', 'ndarray'), steps('o')),
    /the byte 0x6f/,
  ],
  [
    'an instance by NEWOBJ of a class that may be named alone',
    pickle(global('numpy', 'ndarray'), steps(')\x81')),
    /calls "numpy\.ndarray" in its pickle, which is not a function/,
  ],
  [
    'an instance by NEWOBJ of any other class',
    pickle(global('subprocess', 'Popen'), tuple(command), steps('\x81')),
    /asks for "subprocess\.Popen"/,
  ],
  ['an extension code', pickle(steps('\x82\x01')), /the byte 0x82/],
  [
    'a call of a class of storages',
    pickle(call(global('torch', 'FloatStorage'))),
    /calls "torch\.FloatStorage"/,
  ],
  ['a call of a text', pickle(call(text('posix.system'), command)), /broken pickle/],
];

for (const [title, bytes, message] of calls) {
  test(`${title} is refused by name, and nothing runs`, async () => {
    await assert.rejects(readAll(bytes), refused(message));
    assert.ok(!existsSync(marker));
  });
}

test('every name outside of the list is refused, whatever its parts', async () => {
  const word = fc.stringMatching(/^[A-Za-z_][A-Za-z_.]{0,20}$/);
  const any = fc.tuple(
    fc.oneof(word, fc.constantFrom('torch', 'numpy', 'builtins', 'collections', '__proto__')),
    fc.oneof(word, fc.constantFrom('constructor', '__class__', 'toString', 'prototype')),
  );
  await fc.assert(
    fc.asyncProperty(any, async ([module, name]) => {
      fc.pre(!vocabulary.names.has(`${module.replace('__builtin__', 'builtins')}.${name}`));
      await assert.rejects(readAll(pickle(call(global(module, name)))), refused(/asks for /));
    }),
    { numRuns: 60 },
  );
});

const limits: [title: string, bytes: Buffer, message: RegExp][] = [
  [
    'five million steps that push',
    pickle(steps('N'.repeat(5_000_000))),
    /far larger than a list of tensors/,
  ],
  ['marks without end', pickle(steps('('.repeat(5_000_000))), /far larger/],
  [
    'a megabyte of lists inside lists',
    pickle(steps(']'.repeat(1_000_000) + 'a'.repeat(999_999))),
    /holds no tensors/,
  ],
  [
    'a list that holds itself twice, sixty times over',
    pickle(steps(']'), ...doublings(60)),
    /holds no tensors/,
  ],
  ['a list that holds itself', pickle(steps(']q\x00h\x00a')), /holds no tensors/],
  [
    'a dict that holds itself as its model',
    pickle(steps('}q\x00'), text('model'), steps('h\x00s')),
    /holds no tensors/,
  ],
  ['a pile of pairs made into dicts again and again', manyDicts(), /far larger/],
  ['a text longer than the file', pickle(steps('X'), uint32(2 ** 32 - 1)), /is cut short/],
  ['bytes of 2⁶³', pickle(steps(`\x8e${'\0'.repeat(7)}\x80`)), /is cut short/],
  ['an integer of 4 GB', pickle(steps('\x8b'), uint32(2 ** 32 - 1)), /broken pickle/],
  ['a module name without end', pickle(steps(`c${'a'.repeat(1000)}`)), /more than 256 bytes/],
  ['a value that the memo lacks', pickle(steps('h\x05')), /broken pickle/],
  ['more values taken than given', pickle(steps('0')), /broken pickle/],
  ['a value taken from under a mark', pickle(steps('N(0')), /broken pickle/],
  ['an item for what is no list', pickle(steps('}Na')), /broken pickle/],
  ['a key without a value', pickle(steps('}('), text('a'), steps('u')), /broken pickle/],
  ['protocol 6', Buffer.from([0x80, 6, 0x2e]), /protocol 6/],
  [
    'a name that stands twice',
    pickle(dict([text('w'), numpyArray()], [text('w'), numpyArray()])),
    /names "w" twice/,
  ],
  [
    'a name of 5,000 letters',
    pickle(dict([text('a'.repeat(5000)), numpyArray()])),
    /whose name is object/,
  ],
  [
    'two dicts that may be meant',
    pickle(dict([text('model'), dict()], [text('state_dict'), dict()])),
    /both "state_dict" and "model"/,
  ],
];

/** Each list holds the one before twice: 2ⁿ leaves in n steps. */
function doublings(count: number): Buffer[] {
  return Array.from({ length: count }, () => steps('q\x00](h\x00h\x00e'));
}

function manyDicts(): Buffer {
  const pairs = Array.from({ length: 100_000 }, (_, index) => tuple(integer(index), steps('N')));
  const made = call(global('collections', 'OrderedDict'), steps('h\x00'));
  return pickle(
    steps(']('),
    ...pairs,
    steps('eq\x00'),
    ...Array.from({ length: 1000 }, () => made),
  );
}

for (const [title, bytes, message] of limits) {
  test(`${title}: refused, soon`, { timeout: 10_000 }, async () => {
    await assert.rejects(readAll(bytes), refused(message));
  });
}

const arrays: [title: string, array: Buffer, message: RegExp][] = [
  [
    'more elements than bytes',
    numpyArray({ shape: tuple(integer(3)) }),
    /shape \[3\].* stores 8 bytes/,
  ],
  [
    'a shape beyond all memory',
    numpyArray({ shape: tuple(...Array.from({ length: 4 }, () => integer(2 ** 30))) }),
    /without shape/,
  ],
  [
    'a shape that multiplies to 2⁶⁰',
    numpyArray({ shape: tuple(integer(2 ** 30), integer(2 ** 22)) }),
    /stores 8 bytes/,
  ],
  ['a negative size', numpyArray({ shape: tuple(integer(-2)) }), /without shape/],
  [
    '40 dimensions',
    numpyArray({ shape: tuple(...Array.from({ length: 40 }, () => integer(1))) }),
    /without shape/,
  ],
  ['a shape that is a text', numpyArray({ shape: text('2') }), /without shape/],
  ['objects of Python', numpyArray({ dtype: 'O8' }), /dtype "O8"/],
  ['no bytes', numpyArray({ bytes: steps('N') }), /without shape, dtype or bytes/],
];

for (const [title, array, message] of arrays) {
  test(`an array with ${title} is refused`, async () => {
    await assert.rejects(readAll(pickle(dict([text('w'), array]))), refused(message));
  });
}

/** Bytes as protocol 2 writes them: Latin-1 characters in UTF-8. */
function spelt(characters: string): Buffer {
  return call(global('_codecs', 'encode'), text(characters), text('latin1'));
}

test('bytes spelt as text are the same bytes, short or long', async () => {
  const short = numpyArray({ bytes: spelt('\0\0\x80\x3f\0\0\0\xc0') });
  const values = Array.from({ length: 3000 }, (_, index) => index / 8 - 100);
  const long = Buffer.from(Float32Array.from(values).buffer).toString('latin1');
  const tensors = await readAll(
    pickle(
      dict(
        [text('short'), short],
        [text('long'), numpyArray({ shape: tuple(integer(3000)), bytes: spelt(long) })],
      ),
    ),
  );
  assert.deepEqual(tensors.short.values, [1, -2]);
  assert.deepEqual(tensors.long.values, values);
});

for (const [title, character] of [
  ['characters beyond Latin-1', '€'],
  ['too few characters', '\x00\xff'],
]) {
  test(`bytes spelt with ${title} are refused`, async () => {
    const bytes = spelt(character.repeat(6000));
    const array = numpyArray({ shape: tuple(integer(3001)), bytes });
    await assert.rejects(readAll(pickle(dict([text('w'), array]))), refused(/bytes of text/));
  });
}

test('a tensor in pieces is put together, and its pieces are gone', async () => {
  const entry = dict(
    [text('OriginShape'), tuple(integer(1), integer(4))],
    [text('slices'), tuple(text('w@@.0'), text('w@@.1'))],
  );
  const tensors = await readAll(
    pickle(
      dict(
        [text('w@@.0'), numpyArray()],
        [text('w@@.1'), numpyArray({ bytes: floats(3, 4) })],
        [text('UnpackBigParamInfor@@'), dict([text('w'), entry])],
      ),
    ),
  );
  assert.deepEqual(tensors, { w: { shape: [1, 4], values: [1, 2, 3, 4] } });
});

test('pieces that do not make up their tensor are refused', async () => {
  const entry = (...slices: string[]) =>
    dict(
      [text('OriginShape'), tuple(integer(4))],
      [text('slices'), tuple(...slices.map((slice) => text(slice)))],
    );
  for (const slices of [['w@@.0'], ['w@@.0', 'w@@.0'], ['w@@.0', 'w@@.1'], []]) {
    const bytes = pickle(
      dict(
        [text('w@@.0'), numpyArray()],
        [text('UnpackBigParamInfor@@'), dict([text('w'), entry(...slices)])],
      ),
    );
    await assert.rejects(readAll(bytes), refused(/describes the pieces of "w" wrongly/));
  }
});

test('random steps give tensors or one TopfiveError', async () => {
  const opcodes = fc.constantFrom(
    ...'.(012NJKMGXTUBC)t]ae}suqrhjcRbQ\x80\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x93\x94\x95',
  );
  const step = fc.oneof(
    { weight: 6, arbitrary: opcodes.map((opcode) => steps(opcode)) },
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(text('model'), text('w'), tuple(integer(2)), numpyArray(), dict()),
    fc.constantFrom(...vocabulary.names.keys()).map((full) => {
      const dot = full.lastIndexOf('.');
      return global(full.slice(0, dot), full.slice(dot + 1));
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (parts) => {
      await readAll(pickle(...parts)).catch((error) => {
        assert.ok(error instanceof TopfiveError && error.kind === 'model', String(error?.stack));
      });
    }),
    { numRuns: 1000 },
  );
});
