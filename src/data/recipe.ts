/** How the bytes of an image become a tensor; everything that changes a pixel is a field here. */
import { z } from 'zod';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const side = z.number().int().min(1).max(8192);

/** `1/255` may be written as that text. */
const scale = z.union([
  z.number().positive(),
  z
    .string()
    .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?$/, 'a number or a quotient such as 1/255')
    .transform((text) => {
      const [dividend, divisor] = text.split('/').map(Number);
      return dividend / divisor;
    }),
]);

const common = {
  /** Length in pixels to which the shorter side is resized, up or down. */
  resizeShort: side,
  /** Side in pixels of the square centre crop. */
  crop: side,
  /** Per channel, in the order of `channelOrder`, after scaling. */
  mean: triple,
  std: triple.refine((values) => values.every((value) => value > 0), 'every std must be positive'),
  channelOrder: z.enum(['rgb', 'bgr']).default('rgb'),
  /** Multiplies the byte before mean and std; float32 arithmetic. */
  scale: scale.default(1 / 255),
  layout: z.enum(['nchw', 'nhwc']).default('nchw'),
};

/**
 * `opencv`: EXIF orientation applied, floor crop, kernels of cv2.resize.
 * `pillow`: no EXIF, torchvision's size and crop rounding, antialiased kernels.
 */
export const recipeSchema = z.discriminatedUnion('decoder', [
  z
    .strictObject({ decoder: z.literal('opencv'), kernel: z.enum(['linear', 'cubic']), ...common })
    .refine(({ crop, resizeShort }) => crop <= resizeShort, {
      path: ['crop'],
      message: 'under opencv a crop larger than resizeShort is not defined: lower crop',
    }),
  z.strictObject({
    decoder: z.literal('pillow'),
    kernel: z.enum(['bilinear', 'bicubic']),
    ...common,
  }),
]);
export type Recipe = z.infer<typeof recipeSchema>;

/** The fields that decide the uint8 crop; two recipes that agree on them share pixels. */
export type CropRule = Pick<Recipe, 'decoder' | 'kernel' | 'resizeShort' | 'crop'>;

export function cropRuleOf({ decoder, kernel, resizeShort, crop }: Recipe): CropRule {
  return { decoder, kernel, resizeShort, crop };
}
