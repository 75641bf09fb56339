/** Checks that this machine makes the pixels that OpenCV and Pillow make, to the bit. */
import { cropsOf } from '../../data/crop.ts';
import { decoderVersion } from '../../data/decode.ts';
import type { CropRule } from '../../data/recipe.ts';
import { sha256 } from '../../storage/digest.ts';
import { type Check, fine } from './finding.ts';
import { parityJpeg } from './parity-jpeg.ts';

const size = { resizeShort: 36, crop: 32 };

/** SHA-256 of the crop by cv2.resize of OpenCV 4.6.0 and by Image.resize of Pillow 9.4.0. */
const expected: [CropRule, string][] = [
  [
    { decoder: 'opencv', kernel: 'linear', ...size },
    '46592ed715b0ce7a90f044800007446ddb4ddce3496c2333db0b557f41eb73d8',
  ],
  [
    { decoder: 'opencv', kernel: 'cubic', ...size },
    '2be6c0fd15df42ae424df4c183f97335cc1eefe4902cf9b6a45253b7b7b3e5bb',
  ],
  [
    { decoder: 'pillow', kernel: 'bilinear', ...size },
    '457fadfc2e1da5c900adc54d2d169376c0f31989a7a5d8cfef9e2a0b3edf9223',
  ],
  [
    { decoder: 'pillow', kernel: 'bicubic', ...size },
    '56ccb3eb1e51d34f507c370e932d51cd98aec8af0b347d0da113c6e9629a0ef9',
  ],
];

export const checkPixels: Check = async () => {
  const crops = await cropsOf(
    parityJpeg,
    expected.map(([rule]) => rule),
  );
  const wrong = expected.flatMap(([{ decoder, kernel }, digest], index) =>
    sha256(crops[index]) === digest ? [] : [`${decoder} ${kernel}`],
  );
  if (wrong.length === 0) {
    return fine(`${decoderVersion} and all four kernels give the pixels of OpenCV and Pillow`);
  }
  return {
    status: 'fail',
    finding: `${decoderVersion}: other pixels than expected with ${wrong.join(', ')}`,
    mend: 'reinstall the dependencies with npm ci, so that sharp brings its own libvips',
  };
};
