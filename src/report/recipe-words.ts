/** A recipe in plain words. The run record carries the recipe's fields as they are; those it knows are shown. */
import { z } from 'zod';

const number = z.number().optional().catch(undefined);
const text = z.string().optional().catch(undefined);
const numbers = z.array(z.number()).optional().catch(undefined);

const shownSchema = z.object({
  digest: z.string(),
  decoder: text,
  kernel: text,
  resizeShort: number,
  crop: number,
  mean: numbers,
  std: numbers,
  channelOrder: text,
  scale: number,
  layout: text,
});
type Shown = z.infer<typeof shownSchema>;

/** What a model zoo's table says of a recipe; undefined where the record does not say it. */
export function recipeFacts(recipe: unknown): {
  size: number | undefined;
  resizeShort: number | undefined;
  cropFraction: number | undefined;
  kernel: string | undefined;
} {
  const { crop, resizeShort, kernel } = shownSchema.parse(recipe);
  return {
    size: crop,
    resizeShort,
    cropFraction: crop && resizeShort && crop / resizeShort,
    kernel,
  };
}

/** The steps from the bytes of an image to the tensor, one phrase each, in order. */
export function recipeSteps(recipe: unknown): string[] {
  const shown = shownSchema.parse(recipe);
  return [
    decodeStep(shown),
    resizeStep(shown),
    cropStep(shown),
    valueStep(shown),
    tensorStep(shown),
  ].filter((step) => step !== undefined);
}

function decodeStep({ decoder }: Shown): string | undefined {
  if (decoder === 'opencv') return 'decode as OpenCV does, EXIF orientation applied';
  if (decoder === 'pillow') return 'decode as Pillow does, EXIF orientation ignored';
  return decoder && `decode with ${decoder}`;
}

function resizeStep({ decoder, resizeShort, kernel }: Shown): string | undefined {
  if (resizeShort === undefined) return undefined;
  const how = kernel && ` with the ${decoder === 'pillow' ? 'antialiased ' : ''}${kernel} kernel`;
  return `resize the shorter side to ${resizeShort} pixels${how ?? ''}`;
}

function cropStep({ crop }: Shown): string | undefined {
  return crop === undefined ? undefined : `cut out the central ${crop} × ${crop} pixels`;
}

function valueStep({ scale, mean, std }: Shown): string | undefined {
  const scaled = scale === undefined ? [] : [`multiply by ${scaleText(scale)}`];
  const centred = mean ? [`subtract ${mean.join(', ')}`] : [];
  const divided = std ? [`divide by ${std.join(', ')}`] : [];
  const parts = [...scaled, ...centred, ...divided];
  return parts.length > 0 ? parts.join(', ') : undefined;
}

const scaleText = (scale: number) => (Math.abs(scale * 255 - 1) < 1e-9 ? '1/255' : String(scale));

function tensorStep({ channelOrder, layout }: Shown): string | undefined {
  const parts = [channelOrder, layout].filter((part) => part !== undefined);
  return parts.length > 0 ? `pass on as ${parts.join(', ').toUpperCase()}, float32` : undefined;
}
