/** Reads the header of a `.safetensors` file: github.com/huggingface/safetensors, "Format". */
import type { CheckpointFile, Refuse } from './checkpoint-file.ts';
import { type ElementType, elementBytes } from './element-types.ts';
import { repeatedMember } from './json-members.ts';
import { quote } from './quote.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { countElements, isCount, isShape, rowMajor } from './tensor-view.ts';

/** The header's length comes first, as a 64-bit integer. */
const prefixBytes = 8;
/** As in the format's own reader. */
const mostHeaderBytes = 100_000_000;
const metadataKey = '__metadata__';

const types = new Map<unknown, ElementType>([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);

/** True for a file that begins as the format does: a length, and a JSON object. */
export function looksLikeSafetensors(file: CheckpointFile): boolean {
  if (file.size <= prefixBytes) return false;
  const start = file.readNow(0, prefixBytes + 1);
  return start[prefixBytes] === 0x7b && start.readBigUInt64LE() <= 2n ** 40n;
}

/** @throws TopfiveError `model` unless every byte after the header belongs to exactly one tensor */
export function readSafetensors(file: CheckpointFile): Map<string, StoredTensor> {
  const length = file.readNow(0, prefixBytes).readBigUInt64LE();
  if (length > BigInt(mostHeaderBytes)) {
    throw file.refuse(
      `has a safetensors header of ${length} bytes, but the format allows ${mostHeaderBytes}: download it again`,
    );
  }
  const dataStart = prefixBytes + Number(length);
  const header = parseHeader(file.readNow(prefixBytes, Number(length)), file.refuse);
  const entries = Object.entries(header).filter(([name]) => name !== metadataKey);
  const ranges = entries.map(([name, entry]) => parseEntry(name, entry, file.refuse));
  checkRanges(ranges, { bytes: file.size - dataStart, refuse: file.refuse });
  return new Map(ranges.map((range) => [range.name, storedTensor(range, dataStart)]));
}

function parseHeader(bytes: Buffer, refuse: Refuse): Record<string, unknown> {
  const text = bytes.toString('utf8');
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw refuse('has a safetensors header that is not JSON: download it again', error);
  }
  if (!isObject(header)) {
    throw refuse('has a safetensors header that is not a JSON object: download it again');
  }
  const twice = repeatedMember(text);
  if (twice !== undefined) throw refuse(`names the tensor ${quote(twice)} twice`);
  return header;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Range {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

function parseEntry(name: string, entry: unknown, refuse: Refuse): Range {
  const bad = (why: string) => refuse(`describes the tensor ${quote(name)} wrongly: ${why}`);
  if (!isObject(entry)) throw bad('its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  const type = types.get(dtype);
  if (!type) {
    const known = [...types.keys()].join(', ');
    throw bad(`its dtype is ${quote(dtype)}, but ${known} can be read`);
  }
  if (!isShape(shape)) throw bad(`its shape is ${quote(shape)}`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isCount(begin) || !isCount(end)) throw bad(`its offsets are ${quote(offsets)}`);
  const expected = countElements(shape) * elementBytes[type];
  if (end - begin !== expected) {
    throw bad(
      `${dtype} [${shape.join(', ')}] needs ${expected} bytes, but its offsets are ${begin} to ${end}`,
    );
  }
  return { name, type, shape, begin, end };
}

function checkRanges(
  ranges: readonly Range[],
  { bytes, refuse }: { bytes: number; refuse: Refuse },
): void {
  let reached = 0;
  let before = '';
  const inOrder = ranges.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, begin, end } of inOrder) {
    const here = quote(name);
    if (begin < reached) throw refuse(`lets the tensors ${quote(before)} and ${here} overlap`);
    if (begin > reached) {
      throw refuse(`has ${begin - reached} bytes before ${here} that belong to no tensor`);
    }
    reached = end;
    before = name;
  }
  if (reached > bytes) {
    throw refuse(
      `is cut short: its header describes ${reached} bytes of tensors, but ${bytes} are there; download it again`,
    );
  }
  if (reached < bytes) {
    throw refuse(
      `has ${bytes - reached} bytes at its end that belong to no tensor: download it again`,
    );
  }
}

function storedTensor({ type, shape, begin, end }: Range, dataStart: number): StoredTensor {
  const run = { start: dataStart + begin, length: end - begin };
  const strides = rowMajor(shape);
  return { type, shape, parts: [{ run, type, bigEndian: false, offset: 0, shape, strides }] };
}
