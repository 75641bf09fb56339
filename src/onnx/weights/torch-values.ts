/** PyTorch's storages and tensors as they stand in a pickle: torch/_utils.py and torch/serialization.py. */
import type { Refuse } from './checkpoint-file.ts';
import { type ElementType, elementBytes } from './element-types.ts';
import { PickleName } from './pickle-reader.ts';
import { quote } from './quote.ts';
import { checkView, type FileRun, isCount, isShape, type TensorView } from './tensor-view.ts';

/** By the class that a pickle names. */
export const storageTypes = new Map<string, ElementType>([
  ['torch.DoubleStorage', 'float64'],
  ['torch.FloatStorage', 'float32'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
]);

/** Elements that several tensors may share; where they lie is known after the pickle. */
export interface Storage {
  /** Its name in the file. */
  key: string;
  type: ElementType;
  elements: number;
}

/** A part of a storage. */
export class StoragePart {
  readonly storage: Storage;
  /** Elements before it. */
  readonly offset: number;

  constructor(storage: Storage, offset: number) {
    this.storage = storage;
    this.offset = offset;
  }
}

/** Collects the storages of a pickle: one record for each key. */
export function collectStorages(storages: Map<string, Storage>) {
  /** @param id ('storage', class, key, device, elements[, view (key, offset, elements)]) */
  return (id: unknown, refuse: Refuse): StoragePart => {
    const [tag, name, key, , elements, part] = Array.isArray(id) ? id : [];
    const type = name instanceof PickleName ? storageTypes.get(name.name) : undefined;
    if (tag !== 'storage' || !type || typeof key !== 'string' || !isCount(elements)) {
      throw refuse('describes a storage wrongly in its pickle: download it again');
    }
    const known = storages.get(key) ?? { key, type, elements };
    if (known.type !== type || known.elements !== elements) {
      throw refuse(`describes the storage ${quote(key)} in two ways: download it again`);
    }
    storages.set(key, known);
    const offset = Array.isArray(part) ? part[1] : 0;
    if (!isCount(offset)) throw refuse(`views the storage ${quote(key)} wrongly`);
    return new StoragePart(known, offset);
  };
}

export class TorchTensor {
  /** (part of a storage, offset, shape, strides, …) */
  readonly state: readonly unknown[];

  constructor(state: readonly unknown[]) {
    this.state = state;
  }
}

export interface StorageRuns {
  /** By key. */
  runs: ReadonlyMap<string, FileRun>;
  bigEndian: boolean;
}

/** @returns where the elements lie */
export function viewTorchTensor(
  { state }: TorchTensor,
  { name, refuse, storages }: { name: string; refuse: Refuse; storages: StorageRuns },
): TensorView {
  const [part, offset, shape, strides] = state;
  const bad = () => refuse(`describes the tensor ${name} wrongly in its pickle: download it again`);
  if (!(part instanceof StoragePart) || !isCount(offset) || !isShape(shape)) throw bad();
  if (!isStrides(strides, shape.length)) throw bad();
  const { type, key, elements } = part.storage;
  const run = storages.runs.get(key);
  if (!run) throw bad();
  const view = {
    run: { start: run.start, length: elements * elementBytes[type] },
    type,
    bigEndian: storages.bigEndian,
    offset: part.offset + offset,
    shape,
    strides,
  };
  checkView(view, { name, refuse });
  return view;
}

/** Their product may be anything: those of a dimension of one are never used. */
function isStrides(value: unknown, dimensions: number): value is number[] {
  return Array.isArray(value) && value.length === dimensions && value.every(isCount);
}
