/** The steps of a pickle, protocols 2 to 5, as far as weights need them: docs.python.org/3/library/pickletools.html. */
import type { PickleReader } from './pickle-reader.ts';

type Step = (reader: PickleReader) => void;
type Row = readonly [opcode: number | string, step: Step];

const framing: Row[] = [
  [0x80, (reader) => reader.protocol(reader.integer(1))],
  // The length of a frame, which only helps to read ahead.
  [0x95, (reader) => reader.cursor.pass(8)],
  ['.', (reader) => reader.stop()],
  ['(', (reader) => reader.mark()],
  ['0', (reader) => reader.pop()],
  ['1', (reader) => reader.popToMark()],
  ['2', (reader) => reader.push(reader.top())],
];

const constants: Row[] = [
  ['N', (reader) => reader.push(null)],
  [0x88, (reader) => reader.push(true)],
  [0x89, (reader) => reader.push(false)],
  ['J', (reader) => reader.push(reader.integer(4) | 0)],
  ['K', (reader) => reader.push(reader.integer(1))],
  ['M', (reader) => reader.push(reader.integer(2))],
  [0x8a, (reader) => reader.pushLong(reader.integer(1))],
  [0x8b, (reader) => reader.pushLong(reader.integer(4))],
  ['G', (reader) => reader.push(reader.cursor.take(8).readDoubleBE())],
];

const strings: Row[] = [
  ['X', (reader) => reader.pushText(reader.integer(4))],
  [0x8c, (reader) => reader.pushText(reader.integer(1))],
  [0x8d, (reader) => reader.pushText(reader.integer(8))],
  ['T', (reader) => reader.pushOldString(reader.integer(4))],
  ['U', (reader) => reader.pushOldString(reader.integer(1))],
  ['B', (reader) => reader.pushBytes(reader.integer(4))],
  ['C', (reader) => reader.pushBytes(reader.integer(1))],
  [0x8e, (reader) => reader.pushBytes(reader.integer(8))],
  // An array of bytes.
  [0x96, (reader) => reader.pushBytes(reader.integer(8))],
];

/** Lists, tuples and sets are all arrays. */
const collections: Row[] = [
  [')', (reader) => reader.push([])],
  [0x85, (reader) => reader.push(reader.popMany(1))],
  [0x86, (reader) => reader.push(reader.popMany(2))],
  [0x87, (reader) => reader.push(reader.popMany(3))],
  ['t', (reader) => reader.push(reader.popToMark())],
  [']', (reader) => reader.push([])],
  ['a', (reader) => reader.append(reader.popMany(1))],
  ['e', (reader) => reader.append(reader.popToMark())],
  ['}', (reader) => reader.push(new Map())],
  ['s', (reader) => reader.setItems(reader.popMany(2))],
  ['u', (reader) => reader.setItems(reader.popToMark())],
  [0x8f, (reader) => reader.push([])],
  [0x90, (reader) => reader.append(reader.popToMark())],
];

const memo: Row[] = [
  ['q', (reader) => reader.remember(reader.integer(1))],
  ['r', (reader) => reader.remember(reader.integer(4))],
  [0x94, (reader) => reader.rememberNext()],
  ['h', (reader) => reader.recall(reader.integer(1))],
  ['j', (reader) => reader.recall(reader.integer(4))],
];

const objects: Row[] = [
  ['c', (reader) => reader.pushName([reader.cursor.line(), reader.cursor.line()])],
  [0x93, (reader) => reader.pushName(reader.popMany(2))],
  ['R', (reader) => reader.call()],
  // An object of a class, made from the arguments: here too a function of this program.
  [0x81, (reader) => reader.call()],
  ['b', (reader) => reader.build()],
  ['Q', (reader) => reader.persistent()],
];

const rows = [framing, constants, strings, collections, memo, objects].flat();

/** By the byte that stands for it. Every other byte is refused. */
export const opcodes: ReadonlyMap<number, Step> = new Map(
  rows.map(([opcode, step]) => [typeof opcode === 'string' ? opcode.charCodeAt(0) : opcode, step]),
);
