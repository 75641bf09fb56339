/** Workers on this machine: as many as the run keeps busy, and as memory and devices hold. */
import { deviceMemory } from '../jobs/gpu.ts';
import type { Plan } from '../jobs/plan.ts';
import { workersThatFit } from '../jobs/worker-memory.ts';
import type { Device } from '../onnx/device.ts';
import { counted } from '../report/numbers.ts';

export interface Crew {
  workers: number;
  /** Of each worker, inside of one operator. */
  threads: number;
  /** Of each worker, for decoding and resizing. */
  pixelThreads: number;
  /** What memory has to do with it. */
  note?: string;
}

export interface CrewWish {
  device: Device;
  /** As many as a person asked for. */
  workers: number | undefined;
  threads: number;
  machine: { cores: number; memory: number };
}

export function crewFor(plan: Plan, wish: CrewWish): Crew {
  const { device, workers, threads } = wish;
  const { fitting, what } = roomFor(plan, wish);
  const fit = `${counted(fitting, 'worker')} with these models would fill ${what}`;
  const asked = { threads, pixelThreads: 1 };
  if (workers !== undefined) {
    const note = `warning: ${fit}, and ${workers} were asked for`;
    return { ...asked, workers, ...(workers > fitting && { note }) };
  }
  return device === 'cpu' ? onCores(plan, { wish, fitting, fit }) : onDevice(wish);
}

/** One a core; where memory is short, each has more threads. */
function onCores(
  { shards, groups }: Plan,
  { wish, fitting, fit }: { wish: CrewWish; fitting: number; fit: string },
): Crew {
  const { threads, machine } = wish;
  const workers = Math.min(machine.cores, shards.length * groups.length);
  if (workers <= fitting) return { workers, threads, pixelThreads: 1 };
  const shared = Math.max(threads, Math.floor(machine.cores / fitting));
  return {
    ...{ workers: fitting, threads: shared, pixelThreads: 1 },
    note: `${fit}: no more are started`,
  };
}

/** The runtime computes on the first device alone, and one worker fills it if its pixels come fast enough. */
function onDevice({ threads, machine }: CrewWish): Crew {
  return { workers: 1, threads, pixelThreads: Math.max(1, machine.cores - 1) };
}

function roomFor(plan: Plan, { device, machine }: CrewWish): { fitting: number; what: string } {
  const host = { memory: machine.memory, what: `${inGigabytes(machine.memory)} of memory` };
  const own = device === 'cpu' ? null : deviceMemory(device);
  const rooms = [host];
  if (own !== null) rooms.push({ memory: own, what: `${inGigabytes(own)} of the GPU's memory` });
  const fits = rooms.map(({ memory, what }) => ({ fitting: workersThatFit(plan, memory), what }));
  return fits.reduce((least, each) => (each.fitting < least.fitting ? each : least));
}

const inGigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
