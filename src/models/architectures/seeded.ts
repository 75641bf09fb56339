/** Untrained weights from a seed: the same on every machine, whatever the order in which tensors are asked for. */
import { createRandom } from '../../data/random.ts';
import { sha256 } from '../../storage/digest.ts';
import type { TensorSpec } from './network.ts';

/** Uniform, because its arithmetic is exact everywhere; logarithm and cosine may differ in their last bit. */
export function seededWeights(seed: number): (tensor: TensorSpec) => Float32Array {
  return ({ name, dims, init: { mean, deviation } }) => {
    const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(mean);
    if (deviation === 0) return values;
    const random = createRandom(seed, Number.parseInt(sha256(name).slice(0, 12), 16));
    const reach = deviation * Math.sqrt(3);
    for (let index = 0; index < values.length; index += 1) {
      values[index] = random.between(mean - reach, mean + reach);
    }
    return values;
  };
}
