/** Opens a file of weights, whatever its name: what it is shows in its bytes. */
import { CheckpointFile } from './checkpoint-file.ts';
import type { ElementType } from './element-types.ts';
import { readPickle } from './pickle.ts';
import { PickleCursor } from './pickle-cursor.ts';
import { quote } from './quote.ts';
import { looksLikeSafetensors, readSafetensors } from './safetensors.ts';
import { readStateDict } from './state-dict.ts';
import { readStored, type StoredTensor } from './stored-tensor.ts';
import { readTorchLegacy, readTorchZip, torchMagic } from './torch.ts';
import { vocabulary } from './vocabulary.ts';
import { looksLikeZip } from './zip-archive.ts';

export type WeightFormat = 'safetensors' | 'PyTorch' | 'PyTorch before 1.6' | 'Paddle';

export interface WeightFile {
  readonly format: WeightFormat;
  /** As the file names them; only their places have been read. */
  readonly tensors: ReadonlyMap<string, { type: ElementType; shape: readonly number[] }>;
  /**
   * Reads one tensor, row-major, as float32.
   * @throws TopfiveError `model` for a name that is not in `tensors`, or a file that changed
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Reads the list of tensors of a `.safetensors`, `.pth` or `.pdparams` file. Nothing in the file can run.
 * @throws TopfiveError `model`, one sentence, for anything else, or anything wrong with the list
 */
export async function openWeightFile(path: string): Promise<WeightFile> {
  const file = await CheckpointFile.open(path);
  try {
    const { format, tensors } = readList(file);
    if (tensors.size === 0) throw file.refuse('holds no tensors: give a checkpoint of weights');
    return {
      format,
      tensors,
      async read(name) {
        const tensor = tensors.get(name);
        if (!tensor) throw file.refuse(`has no tensor ${quote(name)}`);
        return await readStored(file, tensor);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface TensorList {
  format: WeightFormat;
  tensors: Map<string, StoredTensor>;
}

function readList(file: CheckpointFile): TensorList {
  if (looksLikeZip(file)) return { format: 'PyTorch', tensors: readTorchZip(file) };
  if (looksLikeSafetensors(file)) return { format: 'safetensors', tensors: readSafetensors(file) };
  if (file.readNow(0, 1)[0] === pickleStart) return readPickled(file);
  throw file.refuse(
    `is none of .safetensors, PyTorch's .pth and Paddle's .pdparams: it starts with ${startOf(file)}`,
  );
}

/** Every pickle of protocol 2 and later. */
const pickleStart = 0x80;

function readPickled(file: CheckpointFile): TensorList {
  const cursor = new PickleCursor(file, { start: 0, end: file.size });
  const root = readPickle(cursor, vocabulary);
  if (root === torchMagic) {
    return { format: 'PyTorch before 1.6', tensors: readTorchLegacy(cursor) };
  }
  const storages = { runs: new Map(), bigEndian: false };
  return { format: 'Paddle', tensors: readStateDict(root, { refuse: file.refuse, storages }) };
}

function startOf(file: CheckpointFile): string {
  const bytes = file.readNow(0, Math.min(24, file.size));
  return quote(bytes.toString('latin1'));
}
