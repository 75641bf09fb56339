/** One restart of one cell, in the process that calls it: a fresh session, warmed up, then timed until the stop rule ends it. */
import { normaliser } from '../data/batch.ts';
import { createRandom } from '../data/random.ts';
import type { Recipe } from '../data/recipe.ts';
import type { Device } from '../onnx/device.ts';
import { type ClassifierSession, openClassifier } from '../onnx/session.ts';
import { type Histogram, histogramOf } from '../scoring/latency-histogram.ts';
import { type LatencyMode, latencyModes } from '../scoring/latency-modes.ts';
import type { LatencyRecord, MachineState, Restart } from '../scoring/latency-record.ts';
import { type Ending, openStopRule, type StopLimits } from '../scoring/latency-stop.ts';
import { compareAnswers } from './compare-answers.ts';
import { readAccelerator } from './gpu.ts';
import { openLoadMeter, readProcessorState } from './machine-state.ts';

export interface RestartRequest {
  /** The ONNX file. */
  path: string;
  recipe: Recipe;
  batch: number;
  threads: number;
  device: Device;
  mode: LatencyMode;
  limits: StopLimits;
}

/** What lies between the start and the end of a timing. */
const timedSpan =
  'from a batch of float32 pixels in the memory of the host to its logits there, the copies to and from a device included; ' +
  'decoding, resizing and normalising are not';

const withoutCopySpans: Record<Device, string> = {
  cpu: 'none, because the CPU computes where the pixels are',
  cuda: 'none, because the runtime has no tensors on CUDA devices',
  tensorrt: 'none, because the runtime has no tensors on CUDA devices',
  webgpu:
    'the same, but from pixels in the memory of the device; the logits come back all the same, because that is how their end is known',
};

export function spansOf(device: Device): LatencyRecord['spans'] {
  return { timed: timedSpan, withoutCopy: withoutCopySpans[device] };
}

export async function measureRestart(request: RestartRequest): Promise<Restart> {
  const { path, recipe, threads, device, batch } = request;
  const held = holdInputs(request);
  const memoryBefore = process.memoryUsage.rss();
  const unopened = stateOf(device);
  const opening = stopwatch();
  const expected = { side: recipe.crop, layout: recipe.layout };
  const session = await openClassifier(path, { threads, device, expected });
  try {
    const openSeconds = opening();
    const untimed = await answerUntimed(session, { inputs: held, batch });
    const inputs = held.slice(0, untimed.length);
    const runs = inputs.map((input) => () => session.run(input, batch));
    const warmUp = await warmUpSession(runs, request);
    const before = stateOf(device);
    const load = openLoadMeter();
    const { latencies, answers, ...timing } = await timeQueries(runs, request);
    const otherCores = load.otherCores();
    const after = stateOf(device);
    return {
      histogram: histogramOf(latencies),
      held: await measureHeld(session, { inputs, request }),
      ...timing,
      openSeconds,
      warmUp,
      memoryBytes: Math.max(0, peakMemory() - memoryBefore),
      deviceMemoryBytes: memoryTaken(unopened, after),
      answers: compareAnswers(answers, { untimed, classes: session.output.classes }),
      otherCores,
      before,
      after,
    };
  } finally {
    await session.close();
  }
}

function stateOf(device: Device): MachineState {
  return { ...readProcessorState(), accelerator: device === 'cpu' ? null : readAccelerator() };
}

function memoryTaken(before: MachineState, after: MachineState): number | null {
  const bytes = [before, after].map(({ accelerator }) => accelerator?.memoryBytes ?? null);
  return bytes[0] === null || bytes[1] === null ? null : Math.max(0, bytes[1] - bytes[0]);
}

/** The same queries once more, their pixels in the memory of the device before the first begins. */
async function measureHeld(
  session: ClassifierSession,
  { inputs, request }: { inputs: Float32Array[]; request: RestartRequest },
): Promise<Histogram | null> {
  if (session.hold === null) return null;
  const held = [];
  for (const input of inputs) held.push(await session.hold(input, request.batch));
  const runs = held.map(({ run }) => run);
  await warmUpSession(runs, request);
  const { latencies } = await timeQueries(runs, request);
  for (const batch of held) await batch.free();
  return histogramOf(latencies);
}

/** Memory for images that are held ready, in bytes; a batch of the largest model takes 35 MB. */
const heldBytes = 64e6;
/** Few enough that their answers are all compared. */
const mostHeld = 16;
const fewestHeld = 2;
const inputSeed = 1;

/** Normalised batches of random pixels, the same in every process. */
function holdInputs({ recipe, batch }: RestartRequest): Float32Array[] {
  const pixels = 3 * recipe.crop ** 2;
  const held = Math.floor(heldBytes / (4 * batch * pixels));
  const random = createRandom(inputSeed);
  const normalise = normaliser(recipe);
  return Array.from({ length: Math.min(mostHeld, Math.max(fewestHeld, held)) }, () => {
    const input = new Float32Array(batch * pixels);
    for (let row = 0; row < batch; row += 1) {
      normalise(
        Uint8Array.from({ length: pixels }, () => random.below(256)),
        input,
        row,
      );
    }
    return input;
  });
}

/** The answers that the timed ones are compared with; where a run takes seconds, of the first batches alone. */
async function answerUntimed(
  session: ClassifierSession,
  { inputs, batch }: { inputs: Float32Array[]; batch: number },
): Promise<Float32Array[]> {
  const watch = stopwatch();
  const answers: Float32Array[] = [];
  for (const input of inputs) {
    if (answers.length >= fewestHeld && watch() >= longestWarmUp) break;
    answers.push(await session.run(input, batch));
  }
  return answers;
}

/** Runs one of the batches that are held ready. */
type Run = () => Promise<Float32Array>;

/** As many runs as the seed's method has, or what fits into this many seconds, but two at least. */
const longestWarmUp = 2;
const warmUpRuns = 10;

async function warmUpSession(
  run: readonly Run[],
  { mode }: RestartRequest,
): Promise<Restart['warmUp']> {
  const { fixed } = latencyModes[mode];
  const watch = stopwatch();
  let runs = 0;
  const isWarm = () =>
    runs >= (fixed?.warmUp ?? warmUpRuns) || (!fixed && runs >= 2 && watch() >= longestWarmUp);
  for (; !isWarm(); runs += 1) await run[runs % run.length]();
  return { runs, seconds: watch() };
}

interface Timing {
  /** Of each query, in whole nanoseconds. */
  latencies: number[];
  /** The latest logits of each held batch; empty where none was timed. */
  answers: Float32Array[];
  ending: Ending;
  spread: number;
  seconds: number;
}

async function timeQueries(
  run: readonly Run[],
  { batch, mode, limits }: RestartRequest,
): Promise<Timing> {
  const runsPerQuery = Math.ceil(latencyModes[mode].imagesPerQuery(batch) / batch);
  const rule = openStopRule(limits);
  const latencies: number[] = [];
  const answers: Float32Array[] = [];
  const watch = stopwatch();
  let ending: Ending | null = null;
  for (let runs = 0; ending === null; ) {
    const started = process.hrtime.bigint();
    for (let part = 0; part < runsPerQuery; part += 1, runs += 1) {
      answers[runs % run.length] = await run[runs % run.length]();
    }
    const latency = Number(process.hrtime.bigint() - started);
    latencies.push(latency);
    ending = rule.add(latency / 1e9);
  }
  return { latencies, answers, ending, spread: rule.spread(), seconds: watch() };
}

/** Seconds since it was made. */
function stopwatch(): () => number {
  const started = performance.now();
  return () => (performance.now() - started) / 1000;
}

/** The most resident memory that this process ever had; the system tells it in kilobytes. */
function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}
