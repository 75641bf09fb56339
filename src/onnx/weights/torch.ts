/** Reads what `torch.save` writes: a zip archive since version 1.6, a row of pickles before: torch/serialization.py. */
import type { CheckpointFile } from './checkpoint-file.ts';
import { elementBytes } from './element-types.ts';
import { readPickle } from './pickle.ts';
import { PickleCursor } from './pickle-cursor.ts';
import { quote } from './quote.ts';
import { readStateDict } from './state-dict.ts';
import type { StoredTensor } from './stored-tensor.ts';
import type { FileRun } from './tensor-view.ts';
import { collectStorages, type Storage } from './torch-values.ts';
import { vocabulary } from './vocabulary.ts';
import { ZipArchive } from './zip-archive.ts';

/** The integer that a row of pickles begins with. */
export const torchMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;
/** In front of each storage of a row of pickles: how many elements it has. */
const countBytes = 8;

/** Values, and the storages that they refer to. */
function readValues(cursor: PickleCursor) {
  const storages = new Map<string, Storage>();
  const root = readPickle(cursor, { ...vocabulary, persistent: collectStorages(storages) });
  return { root, storages };
}

/** `NAME/data.pkl` refers to `NAME/data/0`, `NAME/data/1`, … */
export function readTorchZip(file: CheckpointFile): Map<string, StoredTensor> {
  const archive = new ZipArchive(file);
  const prefix = findPrefix(file, archive);
  const pickle = archive.get(`${prefix}data.pkl`);
  const range = { start: pickle.start, end: pickle.start + pickle.length };
  const { root, storages } = readValues(new PickleCursor(file, range));
  const runs = new Map<string, FileRun>();
  for (const storage of storages.values()) {
    const run = archive.get(`${prefix}data/${storage.key}`);
    checkLength(file, storage, run.length);
    runs.set(storage.key, run);
  }
  const bigEndian = readByteOrder(file, archive.find(`${prefix}byteorder`)) === 'big';
  return readStateDict(root, { refuse: file.refuse, storages: { runs, bigEndian } });
}

function findPrefix(file: CheckpointFile, archive: ZipArchive): string {
  const names = archive.names();
  const pickles = names.filter((name) => /^([^/]*\/)?data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw file.refuse('is a zip archive, but not of torch.save, which puts a data.pkl inside');
  }
  const prefix = pickles[0].slice(0, -'data.pkl'.length);
  if (names.includes(`${prefix}constants.pkl`)) {
    throw file.refuse('is a TorchScript program, not a set of weights: save its state_dict()');
  }
  return prefix;
}

function readByteOrder(file: CheckpointFile, run: FileRun | undefined): string {
  if (!run) return 'little';
  const order = run.length <= 16 ? file.readNow(run.start, run.length).toString('latin1') : '';
  if (order === 'little' || order === 'big') return order;
  throw file.refuse(`has the byte order ${quote(order)}: "little" or "big" was expected`);
}

function checkLength(file: CheckpointFile, { key, type, elements }: Storage, length: number): void {
  const expected = elements * elementBytes[type];
  if (length === expected) return;
  throw file.refuse(
    `stores ${length} bytes for the storage ${quote(key)}, but ${elements} elements of ${type} need ${expected}: download it again`,
  );
}

/** @param cursor after the magic integer */
export function readTorchLegacy(cursor: PickleCursor): Map<string, StoredTensor> {
  const { file } = cursor;
  const version = readPickle(cursor, vocabulary);
  const system = readPickle(cursor, vocabulary);
  if (version !== legacyProtocol || !(system instanceof Map)) {
    throw file.refuse(
      'is a PyTorch checkpoint of an unknown version: save it again with torch.save',
    );
  }
  if (system.get('little_endian') === false) {
    throw file.refuse('was written on a big-endian machine: save it again with torch.save');
  }
  const { root, storages } = readValues(cursor);
  const runs = locateStorages(cursor, storages);
  return readStateDict(root, { refuse: file.refuse, storages: { runs, bigEndian: false } });
}

/** The keys follow the values, and then the storages in the order of the keys. */
function locateStorages(
  cursor: PickleCursor,
  storages: ReadonlyMap<string, Storage>,
): Map<string, FileRun> {
  const { file } = cursor;
  const keys = readPickle(cursor, vocabulary);
  const runs = new Map<string, FileRun>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = storages.get(key);
    if (!storage || runs.has(key)) {
      throw file.refuse(`stores ${quote(key)}, which no tensor uses, or twice: download it again`);
    }
    const bytes = elementBytes[storage.type];
    const elements = Number(cursor.take(countBytes).readBigInt64LE());
    checkLength(file, storage, elements * bytes);
    const length = storage.elements * bytes;
    runs.set(key, { start: cursor.pass(length), length });
  }
  if (runs.size === storages.size) return runs;
  throw file.refuse(`stores ${runs.size} of the ${storages.size} storages that its tensors use`);
}
