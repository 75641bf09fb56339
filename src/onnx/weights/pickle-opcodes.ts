/** The steps of a pickle, protocols 2 to 4, as far as weights need them: docs.python.org/3/library/pickletools.html. */
import type { PickleReader } from './pickle-reader.ts';

type Opcode = (reader: PickleReader) => void;

/** By the byte that stands for it. Every other byte is refused. */
export const opcodes: Partial<Record<number, Opcode>> = {
  ...framing(),
  ...numbers(),
  ...strings(),
  ...collections(),
  ...memo(),
  ...objects(),
};

function at(character: string): number {
  return character.charCodeAt(0);
}

function framing(): Record<number, Opcode> {
  return {
    // PROTO and FRAME
    [0x80]: (reader) => reader.protocol(reader.integer(1)),
    [0x95]: (reader) => reader.length8(),
    [at('.')]: (reader) => {
      reader.stopped = true;
    },
    [at('(')]: (reader) => reader.mark(),
    [at('0')]: (reader) => reader.pop(),
    [at('1')]: (reader) => reader.popToMark(),
    [at('2')]: (reader) => reader.push(reader.top()),
  };
}

function numbers(): Record<number, Opcode> {
  return {
    [at('N')]: (reader) => reader.push(null),
    [0x88]: (reader) => reader.push(true),
    [0x89]: (reader) => reader.push(false),
    [at('J')]: (reader) => reader.push(reader.integer(4) | 0),
    [at('K')]: (reader) => reader.push(reader.integer(1)),
    [at('M')]: (reader) => reader.push(reader.integer(2)),
    [0x8a]: (reader) => reader.pushLong(reader.integer(1)),
    [0x8b]: (reader) => reader.pushLong(reader.integer(4)),
    [at('G')]: (reader) => reader.push(reader.cursor.take(8).readDoubleBE()),
  };
}

function strings(): Record<number, Opcode> {
  return {
    [at('X')]: (reader) => reader.pushText(reader.integer(4)),
    [0x8c]: (reader) => reader.pushText(reader.integer(1)),
    [0x8d]: (reader) => reader.pushText(reader.length8()),
    [at('T')]: (reader) => reader.pushOldString(reader.integer(4)),
    [at('U')]: (reader) => reader.pushOldString(reader.integer(1)),
    [at('B')]: (reader) => reader.pushBytes(reader.integer(4)),
    [at('C')]: (reader) => reader.pushBytes(reader.integer(1)),
    [0x8e]: (reader) => reader.pushBytes(reader.length8()),
  };
}

/** Lists and tuples are both arrays, sets too. */
function collections(): Record<number, Opcode> {
  return {
    [at(')')]: (reader) => reader.push([]),
    [0x85]: (reader) => reader.push(reader.popMany(1)),
    [0x86]: (reader) => reader.push(reader.popMany(2)),
    [0x87]: (reader) => reader.push(reader.popMany(3)),
    [at('t')]: (reader) => reader.push(reader.popToMark()),
    [at(']')]: (reader) => reader.push([]),
    [at('a')]: (reader) => reader.append([reader.pop()]),
    [at('e')]: (reader) => reader.append(reader.popToMark()),
    [at('}')]: (reader) => reader.push(new Map()),
    [at('s')]: (reader) => reader.setItems(reader.popMany(2)),
    [at('u')]: (reader) => reader.setItems(reader.popToMark()),
    [0x8f]: (reader) => reader.push([]),
    [0x90]: (reader) => reader.append(reader.popToMark()),
  };
}

function memo(): Record<number, Opcode> {
  return {
    [at('q')]: (reader) => reader.remember(reader.integer(1)),
    [at('r')]: (reader) => reader.remember(reader.integer(4)),
    [0x94]: (reader) => reader.rememberNext(),
    [at('h')]: (reader) => reader.recall(reader.integer(1)),
    [at('j')]: (reader) => reader.recall(reader.integer(4)),
  };
}

function objects(): Record<number, Opcode> {
  return {
    [at('c')]: (reader) => reader.pushName(reader.cursor.line(), reader.cursor.line()),
    [0x93]: (reader) => {
      const [module, name] = reader.popMany(2);
      reader.pushName(module, name);
    },
    [at('R')]: (reader) => reader.call(),
    [at('b')]: (reader) => reader.build(),
    [at('Q')]: (reader) => reader.persistent(),
  };
}
