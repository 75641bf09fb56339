/** Where a graph is computed, and in what arithmetic. */

/** Execution providers of the runtime, as a spec names them. */
export const devices = ['cpu', 'cuda', 'tensorrt', 'webgpu'] as const;
export type Device = (typeof devices)[number];

/**
 * In what the values of a graph are computed. The CPU has no fp16: it computes such a graph in fp32 between casts. Since
 * Ampere, NVIDIA computes fp32 convolutions in TF32, of ten bits, unless told not to.
 */
export function arithmeticOf(
  device: Device,
  { precision, tf32 }: { precision: 'fp32' | 'fp16'; tf32: boolean },
): string {
  if (device === 'cpu') return 'fp32';
  const isNvidia = device === 'cuda' || device === 'tensorrt';
  return precision === 'fp32' && isNvidia && tf32 ? 'tf32' : precision;
}
