/** The stack, marks and memo that the opcodes of a pickle work on. */
import type { Refuse } from './checkpoint-file.ts';
import type { PickleCursor } from './pickle-cursor.ts';
import { quote } from './quote.ts';
import type { FileRun } from './tensor-view.ts';

/** A byte string, or a long text, that stays in the file. */
export class PickledBytes {
  readonly run: FileRun;

  constructor(run: FileRun) {
    this.run = run;
  }
}

/** Calls with the arguments that the pickle gives. */
export type Make = (args: readonly unknown[], refuse: Refuse) => unknown;

/** A class or function that a pickle may name. */
export class PickleName {
  readonly name: string;
  /** Absent where the name may stand, but not be called. */
  readonly make: Make | undefined;

  constructor(name: string, make?: Make) {
    this.name = name;
    this.make = make;
  }
}

export interface Vocabulary {
  /** By `module.name`. */
  names: ReadonlyMap<string, PickleName>;
  /** Gives an object its state; false when it takes none. */
  build(target: unknown, state: unknown, refuse: Refuse): boolean;
  /** What PyTorch keeps outside of the pickle. */
  persistent?(id: unknown, refuse: Refuse): unknown;
}

/** Longer strings stay in the file: they are the elements of a tensor, not its name. */
const longestText = 4096;
/**
 * Opcodes, and each 16 bytes of text, count one. A thousand tensors take some 50,000. Stack, marks and memo
 * cannot outgrow it, nothing here recurses, and no step costs more than what it is charged for.
 */
const mostWork = 4_000_000;
const longestInteger = 16;

export class PickleReader {
  stopped = false;
  readonly cursor: PickleCursor;
  readonly #vocabulary: Vocabulary;
  readonly #refuse: Refuse;
  readonly #stack: unknown[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #work = 0;

  constructor(cursor: PickleCursor, vocabulary: Vocabulary) {
    this.cursor = cursor;
    this.#vocabulary = vocabulary;
    this.#refuse = (why, cause) => cursor.file.refuse(why, cause);
  }

  stop(): void {
    this.stopped = true;
  }

  /** Unsigned. */
  integer(bytes: 1 | 2 | 4 | 8): number {
    const field = this.cursor.take(bytes);
    return bytes === 8 ? Number(field.readBigUInt64LE()) : field.readUIntLE(0, bytes);
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    this.#require(this.#stack.length > (this.#marks.at(-1) ?? 0));
    return this.#stack.pop();
  }

  top(): unknown {
    this.#require(this.#stack.length > (this.#marks.at(-1) ?? 0));
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): unknown[] {
    const start = this.#marks.pop();
    this.#require(start !== undefined);
    return this.#stack.splice(start ?? 0);
  }

  popMany(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  remember(place: number): void {
    this.#memo.set(place, this.top());
  }

  rememberNext(): void {
    this.remember(this.#memo.size);
  }

  recall(place: number): void {
    this.#require(this.#memo.has(place));
    this.push(this.#memo.get(place));
  }

  pushLong(length: number): void {
    this.#require(length <= longestInteger);
    const bytes = this.cursor.take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index -= 1) {
      value = (value << 8n) | BigInt(bytes[index]);
    }
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    this.push(Number.isSafeInteger(number) ? number : value);
  }

  pushText(length: number): void {
    this.#pushString(length, { text: true });
  }

  /** A string of Python 2 is text and bytes at once. */
  pushOldString(length: number): void {
    this.#pushString(length, { text: false });
  }

  pushBytes(length: number): void {
    this.push(new PickledBytes({ start: this.cursor.pass(length), length }));
  }

  #pushString(length: number, { text }: { text: boolean }): void {
    if (length > longestText) {
      this.push(new PickledBytes({ start: this.cursor.pass(length), length, text }));
      return;
    }
    this.spend(length / 16);
    this.push(this.cursor.take(length).toString(text ? 'utf8' : 'latin1'));
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    this.#require(Array.isArray(list));
    for (const item of items) {
      (list as unknown[]).push(item);
    }
  }

  setItems(items: readonly unknown[]): void {
    const dict = this.top();
    this.#require(dict instanceof Map && items.length % 2 === 0);
    for (let index = 0; index < items.length; index += 2) {
      setOnce(dict as Map<unknown, unknown>, [items[index], items[index + 1]], this.#refuse);
    }
  }

  pushName([module, name]: readonly unknown[]): void {
    this.#require(typeof module === 'string' && typeof name === 'string');
    const full = `${module}.${name}`.replace(/^__builtin__\./, 'builtins.');
    const known = this.#vocabulary.names.get(full);
    if (!known) {
      throw this.#refuse(
        `asks for ${quote(full)} of Python, which no set of weights needs: it is refused and nothing of it was run; take the weights from their publisher, or save the state dict alone`,
      );
    }
    this.push(known);
  }

  call(): void {
    const args = this.pop();
    const name = this.pop();
    this.#require(name instanceof PickleName && Array.isArray(args));
    const { make, name: called } = name as PickleName;
    const given = args as unknown[];
    if (!make) throw this.#refuse(`calls ${quote(called)} in its pickle, which is not a function`);
    this.spend(given.length);
    for (const arg of given) {
      if (Array.isArray(arg)) this.spend(arg.length);
    }
    this.push(make(given, this.#refuse));
  }

  build(): void {
    const state = this.pop();
    if (this.#vocabulary.build(this.top(), state, this.#refuse)) return;
    throw this.#refuse('gives a state to something in its pickle that has none');
  }

  persistent(): void {
    const { persistent } = this.#vocabulary;
    if (!persistent) throw this.#refuse('refers to storages, but is not a PyTorch checkpoint');
    this.push(persistent(this.pop(), this.#refuse));
  }

  protocol(version: number): void {
    if (version <= 5) return;
    throw this.#refuse(`is a pickle of protocol ${version}: save it again with protocol 2 to 5`);
  }

  spend(work: number): void {
    this.#work += work;
    if (this.#work <= mostWork) return;
    throw this.#refuse('has a pickle far larger than a list of tensors: save the state dict alone');
  }

  #require(holds: boolean): void {
    if (!holds) throw this.#refuse('has a broken pickle: download it again');
  }
}

/** @throws TopfiveError `model` when the key is there already: Python would keep the last, and say nothing */
export function setOnce(
  dict: Map<unknown, unknown>,
  [key, value]: readonly [unknown, unknown],
  refuse: Refuse,
): void {
  if (dict.has(key)) throw refuse(`names ${quote(key)} twice`);
  dict.set(key, value);
}
