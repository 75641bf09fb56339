/** The only door to onnxruntime-node: opens a classifier, checks its contract, runs batches. */
import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { prepareRuntime } from '../config.ts';
import { TopfiveError } from '../errors.ts';
import { type Normalisation, withByteInput } from './byte-input.ts';
import { checkInput, chooseLogits, type Declared, type Expected } from './contract.ts';
import type { Device } from './device.ts';
import { GraphBuilder } from './graph.ts';
import { checkModelFile } from './model-file.ts';
import { isLarge, outlineOnnx, readModelOrOutline } from './outline.ts';
import { notLoaded, notOnDevice, notRun, otherLogits } from './session-errors.ts';
import { writeOnnx } from './write.ts';

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};

/** e.g. `onnxruntime-node 1.30.0`. */
export const runtimeVersion = `onnxruntime-node ${version}`;

prepareRuntime();
// What the runtime would print is in the errors thrown here.
env.logLevel = 'fatal';

export interface OpenOptions {
  /** Threads inside one operator; design: one session of one thread a core. */
  threads: number;
  device: Device;
  expected?: Expected;
  /** Normalises inside the graph, which then takes the bytes of crops; only where there is no obstacle to it. */
  normalisation?: Normalisation | undefined;
}

export interface ClassifierSession {
  /** As the file declares it. */
  readonly input: Declared;
  readonly output: { name: string; classes: number };
  /** Rows that every batch must have; null when any number will do. */
  readonly fixedBatch: number | null;
  /** The execution provider. */
  readonly provider: Device;
  /** The run on zeros, of `fixedBatch` rows or one; it also reserves memory. */
  readonly firstRun: { seconds: number; logits: ArrayLike<unknown> };
  /**
   * Blocks the calling thread while it computes.
   * @param batch rows × 3 × side × side values (or rows × side × side × 3); with a normalisation in the graph rows × side
   * × side × 3 bytes, RGB. Not on a SharedArrayBuffer.
   * @returns rows × classes logits, owned by the caller.
   */
  run(batch: Float32Array | Uint8Array, rows: number): Promise<Float32Array>;
  /** Copies a batch of floats into the memory of the device; null where the runtime has no tensors there. */
  hold: ((batch: Float32Array, rows: number) => Promise<HeldBatch>) | null;
  close(): Promise<void>;
}

/** A batch in the memory of the device. */
export interface HeldBatch {
  /** As `run` of the session, without the copy to the device. */
  run(): Promise<Float32Array>;
  free(): Promise<void>;
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
  const { device, expected, normalisation } = options;
  const { session, declared } = await load(path, options);
  try {
    const contract = checkInput(path, declared, expected);
    const side = contract.side ?? commonSide;
    const planar = contract.layout === 'nchw' && normalisation === undefined;
    const rowShape = planar ? [3, side, side] : [side, side, 3];
    const input = session.inputNames[0];
    const rows = contract.fixedBatch ?? 1;
    const pixels = rows * 3 * side * side;
    const zeros = normalisation ? new Uint8Array(pixels) : new Float32Array(pixels);
    const started = performance.now();
    const dims = [rows, ...rowShape];
    const outputs = await tryOut(path, session, { input, batch: zeros, dims, device });
    const seconds = (performance.now() - started) / 1000;
    const output = chooseLogits(path, outputs, { rows, classes: expected?.classes });
    const logits = outputs.find(({ name }) => name === output.name)?.data ?? [];
    return {
      input: declared[0],
      output,
      fixedBatch: contract.fixedBatch,
      provider: device,
      firstRun: { seconds, logits },
      run: (batch, count) =>
        runBatch(session, { input, output, dims: [count, ...rowShape], batch }),
      hold:
        device === 'webgpu'
          ? (batch, count) =>
              holdBatch(session, { input, output, dims: [count, ...rowShape], batch })
          : null,
      close: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

interface Loaded {
  session: InferenceSession;
  /** The inputs as the file declares them. */
  declared: Declared[];
}

async function load(path: string, options: OpenOptions): Promise<Loaded> {
  await checkModelFile(path);
  const { device } = options;
  try {
    return await create(path, options);
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    const isForDevice = device !== 'cpu' && (await loadsOnCpu(path, options));
    throw isForDevice ? notOnDevice(path, { device, error }) : notLoaded(path, error);
  }
}

async function create(path: string, options: OpenOptions): Promise<Loaded> {
  const large = await isLarge(path);
  // The runtime maps the weights of a large file, and follows no link out of a folder for that.
  const file = large ? await realpath(path) : path;
  const settings = settingsOf(file, options);
  if (options.normalisation) {
    const { bytes, input } = withByteInput(await readModelOrOutline(file), options.normalisation);
    return { session: await InferenceSession.create(bytes, settings), declared: [input] };
  }
  const session = await (large
    ? InferenceSession.create((await outlineOnnx(file)).bytes, settings)
    : InferenceSession.create(file, settings));
  return { session, declared: session.inputMetadata.map(declaredOf) };
}

function settingsOf(
  path: string,
  { threads, device }: OpenOptions,
): InferenceSession.SessionOptions {
  return {
    // What TensorRT does not know is left to CUDA.
    executionProviders: device === 'tensorrt' ? ['tensorrt', 'cuda'] : [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: {
      session: {
        // Spinning threads burn four times the CPU and halve each other's speed when another process is busy.
        intra_op: { allow_spinning: '0' },
        // Where a model that is given as bytes finds its external data.
        model_external_initializers_file_folder_path: dirname(path),
      },
    },
  };
}

/** Tells a device that is not there from a file that is broken. */
async function loadsOnCpu(path: string, options: OpenOptions): Promise<boolean> {
  try {
    const { session } = await create(path, { ...options, threads: 1, device: 'cpu' });
    await session.release();
    return true;
  } catch {
    return false;
  }
}

function declaredOf(value: InferenceSession.ValueMetadata): Declared {
  return value.isTensor
    ? { name: value.name, dtype: value.type, dims: value.shape }
    : { name: value.name, dtype: 'a sequence or map', dims: [] };
}

interface Batch {
  /** Name of the input. */
  input: string;
  batch: Float32Array | Uint8Array;
  dims: number[];
}

function feedsOf({ input, batch, dims }: Batch): InferenceSession.FeedsType {
  return {
    [input]:
      batch instanceof Uint8Array
        ? new Tensor('uint8', batch, dims)
        : new Tensor('float32', batch, dims),
  };
}

/** Runs a batch and tells the shapes of all outputs. */
async function tryOut(
  path: string,
  session: InferenceSession,
  { device, ...batch }: Batch & { device: Device },
) {
  const tensors = session.outputMetadata.filter(({ isTensor }) => isTensor);
  try {
    const results = await session.run(
      feedsOf(batch),
      tensors.map((output) => output.name),
    );
    return Object.entries(results).map(([output, tensor]) => ({
      name: output,
      dtype: tensor.type,
      dims: tensor.dims,
      data: tensor.data,
    }));
  } catch (error) {
    throw notRun(path, { device, dims: batch.dims, error });
  }
}

type OutputBatch = Batch & { output: { name: string; classes: number } };

async function runBatch(session: InferenceSession, batch: OutputBatch): Promise<Float32Array> {
  return logitsOf(session, { feeds: feedsOf(batch), ...batch });
}

async function logitsOf(
  session: InferenceSession,
  { feeds, output, dims }: OutputBatch & { feeds: InferenceSession.FeedsType },
): Promise<Float32Array> {
  const { [output.name]: logits } = await session.run(feeds, [output.name]);
  const expected = dims[0] * output.classes;
  if (logits.size !== expected) {
    throw otherLogits(logits.dims, { rows: dims[0], classes: output.classes });
  }
  const values = (logits.data as Float32Array).slice();
  logits.dispose();
  return values;
}

/** A graph that changes nothing leaves its output where it computes, and takes the batch there with it. */
async function holdBatch(session: InferenceSession, batch: OutputBatch): Promise<HeldBatch> {
  const builder = new GraphBuilder('hold');
  builder.output('held', builder.input(batch.input, batch.dims), batch.dims);
  const holder = await InferenceSession.create(writeOnnx(builder.graph), {
    executionProviders: ['webgpu'],
    preferredOutputLocation: 'gpu-buffer',
    logSeverityLevel: 4,
  });
  const { held } = await holder.run(feedsOf(batch));
  return {
    run: () => logitsOf(session, { ...batch, feeds: { [batch.input]: held } }),
    async free() {
      held.dispose();
      await holder.release();
    },
  };
}
