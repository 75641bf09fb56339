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
  const { device, threads, machine } = wish;
  const { fitting, what } = roomFor(plan, wish);
  const fit = `${counted(fitting, 'worker')} with these models would fill ${what}`;
  const asked = wish.workers;
  if (asked !== undefined) {
    const note = `warning: ${fit}, and ${asked} were asked for`;
    const pixelThreads = pixelThreadsFor(device, { cores: machine.cores, workers: asked });
    return { workers: asked, threads, pixelThreads, ...(asked > fitting && { note }) };
  }
  // The runtime computes on the first device alone, and one worker fills it if its pixels come fast enough.
  const busy = device === 'cpu' ? machine.cores : 1;
  const wanted = Math.min(busy, plan.shards.length * plan.groups.length);
  const workers = Math.min(wanted, fitting);
  const pixelThreads = pixelThreadsFor(device, { cores: machine.cores, workers });
  if (wanted <= fitting) return { workers, threads, pixelThreads };
  // Where memory is short each has more threads.
  const shared = Math.max(threads, Math.floor(machine.cores / workers));
  return { workers, threads: shared, pixelThreads, note: `${fit}: no more are started` };
}

/** On a CPU all cores compute; beside a GPU they make its pixels, all but one. */
export function pixelThreadsFor(
  device: Device,
  { cores, workers }: { cores: number; workers: number },
): number {
  return device === 'cpu' ? 1 : Math.max(1, Math.floor((cores - 1) / workers));
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
