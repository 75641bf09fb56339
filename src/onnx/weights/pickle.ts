/**
 * Reads a pickle as data. Opcodes and names come from closed lists, and a name stands for a function of this
 * program, never for one of Python: nothing that a file holds can run.
 */
import type { PickleCursor } from './pickle-cursor.ts';
import { opcodes } from './pickle-opcodes.ts';
import { PickleReader, type Vocabulary } from './pickle-reader.ts';

/**
 * @returns strings, numbers, arrays (lists and tuples), Maps (dicts), and what the vocabulary makes
 * @throws TopfiveError `model` for a pickle that is broken, endless, or asks for anything else
 */
export function readPickle(cursor: PickleCursor, vocabulary: Vocabulary): unknown {
  const reader = new PickleReader(cursor, vocabulary);
  while (!reader.stopped) {
    reader.spend(1);
    const code = cursor.byte();
    const opcode = opcodes.get(code);
    if (!opcode) {
      throw cursor.file.refuse(
        `has the byte 0x${code.toString(16).padStart(2, '0')} where its pickle should go on, which starts no step that a set of weights needs: download it again, or save it as safetensors`,
      );
    }
    opcode(reader);
  }
  return reader.pop();
}
