/** Every name that a pickle may use. All others are refused. */
import type { Refuse } from './checkpoint-file.ts';
import { elementBytes } from './element-types.ts';
import { buildNumpyType, makeFromBuffer, makeNumpyType, NumpyArray, NumpyType } from './numpy.ts';
import { type Make, PickleName, setOnce, type Vocabulary } from './pickle-reader.ts';
import { storageTypes, TorchTensor } from './torch-values.ts';

/** Stands for a value that weights do not need. */
const unused = Symbol('unused');

const functions: Record<string, Make> = {
  'collections.OrderedDict': makeDict,
  'torch._utils._rebuild_tensor': (args) => new TorchTensor(args),
  'torch._utils._rebuild_tensor_v2': (args) => new TorchTensor(args),
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  'torch._utils._rebuild_parameter_with_state': ([tensor]) => tensor,
  'torch.Size': ([sizes]) => sizes,
  'numpy.dtype': makeNumpyType,
  // Bytes in protocol 2, spelt as Latin-1 text; the readers of bytes take the text itself.
  '_codecs.encode': ([text]) => text,
  'builtins.bytes': () => '',
  // Paddle 2.1 and later: tuple((name, array)).
  'builtins.tuple': ([items]) => items,
};

/** What training scripts save beside the weights; nothing of it is kept. */
const emptyDicts = ['argparse.Namespace', 'collections.Counter', 'collections.defaultdict'];
for (const name of emptyDicts) functions[name] = () => new Map();
const bystanders = [
  'builtins.set',
  'builtins.frozenset',
  'torch.device',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'pathlib.PureWindowsPath',
];
for (const name of bystanders) functions[name] = () => unused;

/** NumPy 2 moved these. */
for (const core of ['numpy.core', 'numpy._core']) {
  functions[`${core}.numeric._frombuffer`] = makeFromBuffer;
  functions[`${core}.multiarray._reconstruct`] = () => new NumpyArray();
  functions[`${core}.multiarray.scalar`] = () => unused;
}

const names = new Map<string, PickleName>();
for (const [name, make] of Object.entries(functions)) {
  names.set(name, new PickleName(name, make));
}
const elementTypes = Object.keys(elementBytes).map((type) => `torch.${type}`);
for (const name of ['numpy.ndarray', 'builtins.list', ...elementTypes, ...storageTypes.keys()]) {
  names.set(name, new PickleName(name));
}

export const vocabulary: Vocabulary = {
  names,
  build(target, state) {
    if (target instanceof NumpyArray && Array.isArray(state)) target.state = state;
    else if (target instanceof NumpyType) buildNumpyType(target, state);
    // Attributes of an ordered dict: the versions of its modules.
    else return target instanceof Map;
    return true;
  },
};

/** @param args none, or one list of pairs */
function makeDict([items = []]: readonly unknown[], refuse: Refuse): Map<unknown, unknown> {
  const dict = new Map<unknown, unknown>();
  if (!Array.isArray(items)) throw refuse('makes a dict of something that is not a list of pairs');
  for (const item of items) {
    if (!Array.isArray(item) || item.length !== 2) throw refuse('makes a dict of a broken pair');
    setOnce(dict, [item[0], item[1]], refuse);
  }
  return dict;
}
