/** The only door to onnxruntime-node: opens a classifier, checks its contract, runs batches. */
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { disableRuntimeTelemetry } from '../config.ts';
import { isSystemError, messageOf, TopfiveError } from '../errors.ts';
import { checkInput, chooseLogits, type Declared, type Expected } from './contract.ts';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};

/** e.g. `onnxruntime-node 1.30.0`. */
export const runtimeVersion = `onnxruntime-node ${version}`;

disableRuntimeTelemetry();
// What the runtime would print is in the errors thrown here.
env.logLevel = 'fatal';

type Device = 'cpu' | 'cuda' | 'webgpu';

export interface OpenOptions {
  /** Threads inside one operator; design: one session of one thread a core. */
  threads: number;
  device: Device;
  expected?: Expected;
}

export interface ClassifierSession {
  readonly input: Declared;
  readonly output: { name: string; classes: number };
  /** Rows that every batch must have; null when any number will do. */
  readonly fixedBatch: number | null;
  /** The execution provider, e.g. `cpu`. */
  readonly provider: string;
  /**
   * Blocks the calling thread while it computes.
   * @param batch rows × 3 × side × side values (or rows × side × side × 3), not on a SharedArrayBuffer.
   * @returns rows × classes logits, owned by the caller.
   */
  run(batch: Float32Array, rows: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Side used to try a graph whose file and recipe both leave the size open. */
const commonSide = 224;

/**
 * Loads an ONNX file, checks that it is a classifier that fits `expected`, and runs it once on zeros.
 * @throws TopfiveError `model` in one sentence when the file is missing, broken or unsuitable.
 */
export async function openClassifier(
  path: string,
  options: OpenOptions,
): Promise<ClassifierSession> {
  const { device, expected } = options;
  const session = await load(path, options);
  try {
    const inputs = session.inputMetadata.map(declaredOf);
    const contract = checkInput(path, inputs, expected);
    const [input] = inputs;
    const side = contract.side ?? commonSide;
    const rowShape = contract.layout === 'nchw' ? [3, side, side] : [side, side, 3];
    const rows = contract.fixedBatch ?? 1;
    const outputs = await tryZeros(path, session, { name: input.name, dims: [rows, ...rowShape] });
    const output = chooseLogits(path, outputs, { rows, classes: expected?.classes });
    return {
      input,
      output,
      fixedBatch: contract.fixedBatch,
      provider: device,
      run: (batch, count) =>
        runBatch(session, { input: input.name, output, dims: [count, ...rowShape], batch }),
      close: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function load(path: string, { threads, device }: OpenOptions): Promise<InferenceSession> {
  await checkFile(path);
  try {
    return await create(path, { threads, device });
  } catch (error) {
    if (device !== 'cpu' && (await loadsOnCpu(path))) {
      throw new TopfiveError(
        'usage',
        `The device ${device} was asked for, but does not work on this machine: choose --device cpu, or install its driver and libraries (the runtime says: ${lineOf(error)}).`,
        { cause: error },
      );
    }
    throw new TopfiveError(
      'model',
      `${path} could not be loaded as an ONNX model: check that the file is complete and its operators are supported (the runtime says: ${lineOf(error)}).`,
      { cause: error },
    );
  }
}

function create(path: string, { threads, device }: Omit<OpenOptions, 'expected'>) {
  return InferenceSession.create(path, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Spinning threads burn four times the CPU and halve each other's speed when another process is busy.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** Tells a device that is not there from a file that is broken. */
async function loadsOnCpu(path: string): Promise<boolean> {
  try {
    const session = await create(path, { threads: 1, device: 'cpu' });
    await session.release();
    return true;
  } catch {
    return false;
  }
}

function lineOf(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
}

async function checkFile(path: string): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new TopfiveError('model', `The model file ${path} ${why}.`, { cause });
  let size: number;
  try {
    const stats = await stat(path);
    if (!stats.isFile()) {
      throw refuse('is not a file: give the path of an .onnx file');
    }
    size = stats.size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw refuse('does not exist: check the path', error);
    }
    throw error;
  }
  if (size === 0) {
    throw refuse('is empty: write or download it again');
  }
}

function declaredOf(value: InferenceSession.ValueMetadata): Declared {
  return value.isTensor
    ? { name: value.name, dtype: value.type, dims: value.shape }
    : { name: value.name, dtype: 'a sequence or map', dims: [] };
}

async function tryZeros(
  path: string,
  session: InferenceSession,
  { name, dims }: { name: string; dims: number[] },
) {
  const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor);
  const zeros = new Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
  try {
    const results = await session.run(
      { [name]: zeros },
      tensors.map((output) => output.name),
    );
    return Object.entries(results).map(([output, tensor]) => ({
      name: output,
      dtype: tensor.type,
      dims: tensor.dims,
    }));
  } catch (error) {
    throw new TopfiveError(
      'model',
      `${path} loads but does not run on images of shape [${dims.join(', ')}]: check that the recipe's crop and layout are the model's (the runtime says: ${lineOf(error)}).`,
      { cause: error },
    );
  }
}

interface BatchRun {
  input: string;
  output: { name: string; classes: number };
  dims: number[];
  batch: Float32Array;
}

async function runBatch(
  session: InferenceSession,
  { input, output, dims, batch }: BatchRun,
): Promise<Float32Array> {
  const tensor = new Tensor('float32', batch, dims);
  const { [output.name]: logits } = await session.run({ [input]: tensor }, [output.name]);
  const expected = dims[0] * output.classes;
  if (logits.size !== expected) {
    throw new TopfiveError(
      'model',
      `The model was expected to give ${dims[0]} × ${output.classes} logits, but gave [${logits.dims.join(', ')}]: its output does not follow the batch; export it with a dynamic batch.`,
    );
  }
  const values = (logits.data as Float32Array).slice();
  logits.dispose();
  return values;
}
