/** Finds the tensors in what a checkpoint's pickle holds: the state dict itself, or one inside a dict. */
import type { Refuse } from './checkpoint-file.ts';
import { NumpyArray, viewNumpyArray } from './numpy.ts';
import { quote } from './quote.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { countElements, isShape, type TensorView } from './tensor-view.ts';
import { type StorageRuns, TorchTensor, viewTorchTensor } from './torch-values.ts';

type Dict = ReadonlyMap<unknown, unknown>;

/** Where training scripts put the state dict beside the optimiser's and the epoch. */
const wrappers = ['state_dict', 'model', 'model_state_dict'];
const deepestWrapping = 4;
/** Paddle's table from structured to parameter names. */
const nameTable = 'StructuredToParameterName@@';
/** Paddle's list of tensors that were cut into pieces, because protocols below 4 end at 4 GB. */
const pieceTable = 'UnpackBigParamInfor@@';

interface Context {
  refuse: Refuse;
  storages: StorageRuns;
}

/** @throws TopfiveError `model` when there are no tensors, or two dicts that might be meant */
export function readStateDict(root: unknown, context: Context): Map<string, StoredTensor> {
  const dict = unwrap(root, context.refuse);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of dict) {
    const tensor = tensorIn(value);
    if (!tensor || name === nameTable) continue;
    if (typeof name !== 'string') {
      throw context.refuse(`has a tensor whose name is ${quote(name)}, not a text of usual length`);
    }
    tensors.set(name, storedTensor(viewOf(tensor, { ...context, name: quote(name) })));
  }
  joinPieces(tensors, { pieces: dict.get(pieceTable), refuse: context.refuse });
  return tensors;
}

function unwrap(root: unknown, refuse: Refuse): Dict {
  let dict = root;
  for (let depth = 0; depth < deepestWrapping && dict instanceof Map; depth += 1) {
    const inner = wrappers.filter((key) => (dict as Dict).get(key) instanceof Map);
    if (holdsTensors(dict)) return dict;
    if (inner.length > 1) {
      throw refuse(
        `holds both ${inner.map(quote).join(' and ')}: save the one that is meant alone`,
      );
    }
    dict = dict.get(inner[0]);
  }
  throw refuse(
    `holds no tensors, neither at its top nor under ${wrappers.map(quote).join(', ')}: give a checkpoint of weights`,
  );
}

function holdsTensors(dict: Dict): boolean {
  for (const value of dict.values()) {
    if (tensorIn(value)) return true;
  }
  return false;
}

/** Paddle 2.1 and later may write an array as (name, array). */
function tensorIn(value: unknown): TorchTensor | NumpyArray | undefined {
  if (value instanceof TorchTensor || value instanceof NumpyArray) return value;
  if (Array.isArray(value) && value.length === 2 && typeof value[0] === 'string') {
    return value[1] instanceof NumpyArray ? value[1] : undefined;
  }
  return undefined;
}

function viewOf(tensor: TorchTensor | NumpyArray, context: Context & { name: string }): TensorView {
  return tensor instanceof TorchTensor
    ? viewTorchTensor(tensor, context)
    : viewNumpyArray(tensor, context);
}

function storedTensor(view: TensorView): StoredTensor {
  return { type: view.type, shape: view.shape, parts: [view] };
}

/** Replaces the pieces of each cut tensor by the tensor. */
function joinPieces(
  tensors: Map<string, StoredTensor>,
  { pieces, refuse }: { pieces: unknown; refuse: Refuse },
): void {
  if (!(pieces instanceof Map)) return;
  for (const [name, entry] of pieces) {
    const bad = () => refuse(`describes the pieces of ${quote(name)} wrongly: download it again`);
    if (typeof name !== 'string' || !(entry instanceof Map) || tensors.has(name)) throw bad();
    const shape = entry.get('OriginShape');
    const slices = entry.get('slices');
    if (!isShape(shape) || !Array.isArray(slices) || slices.length === 0) throw bad();
    const parts: TensorView[] = [];
    for (const slice of slices) {
      const piece = tensors.get(slice);
      if (piece?.parts.length !== 1) throw bad();
      parts.push(piece.parts[0]);
      tensors.delete(slice);
    }
    const elements = parts.reduce((sum, part) => sum + countElements(part.shape), 0);
    if (elements !== countElements(shape)) throw bad();
    tensors.set(name, { type: parts[0].type, shape, parts });
  }
}
