/** Pickles put together by hand, step by step, as Python never writes them. */

/** Protocol 2, the steps, and the end. */
export function pickle(...steps: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x80, 2]), ...steps, Buffer.from('.')]);
}

/** Opcodes that are letters. */
export function steps(letters: string): Buffer {
  return Buffer.from(letters, 'latin1');
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([steps('X'), uint32(bytes.length), bytes]);
}

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return Buffer.concat([steps('J'), bytes]);
}

/** `module.name`, as protocol 2 spells it. */
export function global(module: string, name: string): Buffer {
  return steps(`c${module}\n${name}\n`);
}

export function tuple(...items: Buffer[]): Buffer {
  return Buffer.concat([steps('('), ...items, steps('t')]);
}

export function dict(...pairs: [Buffer, Buffer][]): Buffer {
  return Buffer.concat([steps('}('), ...pairs.flat(), steps('u')]);
}

export function call(name: Buffer, ...args: Buffer[]): Buffer {
  return Buffer.concat([name, tuple(...args), steps('R')]);
}

/** A NumPy array with the state given; by default [1, 2] in float32. */
export function numpyArray({
  shape = tuple(integer(2)),
  dtype = 'f4',
  bytes = floats(1, 2),
}: {
  shape?: Buffer;
  dtype?: string;
  bytes?: Buffer;
} = {}): Buffer {
  const array = call(
    global('numpy.core.multiarray', '_reconstruct'),
    global('numpy', 'ndarray'),
    tuple(integer(0)),
    text('b'),
  );
  const type = call(global('numpy', 'dtype'), text(dtype), integer(0), integer(1));
  return Buffer.concat([array, tuple(integer(1), shape, type, steps('\x89'), bytes), steps('b')]);
}

/** A byte string of little-endian float32. */
export function floats(...values: number[]): Buffer {
  const bytes = Buffer.from(new Uint8Array(Float32Array.from(values).buffer));
  return Buffer.concat([steps('B'), uint32(bytes.length), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
