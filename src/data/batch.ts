/** From uint8 crops to the float32 tensor that a model takes: scaling, mean, std, channel order and layout. */
import type { Recipe } from './recipe.ts';

type Normalisation = Pick<Recipe, 'crop' | 'mean' | 'std' | 'channelOrder' | 'scale' | 'layout'>;

/** @param crop crop × crop × 3 bytes, RGB. @param batch rows × 3 × crop × crop values. @param row from 0. */
type Normalise = (crop: Uint8Array, batch: Float32Array, row: number) => void;

/**
 * Writes one crop into its row of a batch: `(byte * scale - mean) / std`, rounded to float32 at every step, as
 * PaddleClas `NormalizeImage` computes it.
 */
export function normaliser(recipe: Normalisation): Normalise {
  const { crop, channelOrder, layout } = recipe;
  const pixels = crop * crop;
  const planes = [0, 1, 2].map((channel) => ({
    // Where the channel stands in a crop's pixel, and in a row of the batch.
    from: channelOrder === 'rgb' ? channel : 2 - channel,
    to: layout === 'nchw' ? channel * pixels : channel,
    values: valuesOf(recipe, channel),
  }));
  const step = layout === 'nchw' ? 1 : 3;
  return (bytes, batch, row) => {
    const base = row * pixels * 3;
    for (const { from, to, values } of planes) {
      spread(bytes, batch, { from, to: base + to, step, values });
    }
  };
}

/** The value of each byte. */
function valuesOf({ scale, mean, std }: Normalisation, channel: number): Float32Array {
  const f32 = Math.fround;
  return Float32Array.from({ length: 256 }, (_, byte) =>
    f32(f32(f32(byte * f32(scale)) - f32(mean[channel])) / f32(std[channel])),
  );
}

interface Plane {
  from: number;
  to: number;
  step: number;
  values: Float32Array;
}

function spread(bytes: Uint8Array, batch: Float32Array, { from, to, step, values }: Plane): void {
  for (let k = from, at = to; k < bytes.length; k += 3, at += step) batch[at] = values[bytes[k]];
}
