/** From what was decoded to the upright or stored RGB picture, as OpenCV and as Pillow have it. */
import type { Decoded } from './decode.ts';
import type { Orientation } from './exif.ts';
import type { Recipe } from './recipe.ts';
import type { RgbImage } from './resize-tables.ts';

type Decoder = Recipe['decoder'];

/** `opencv`: `cv2.imdecode(bytes, IMREAD_COLOR)`, in RGB order; `pillow`: `Image.open(file).convert("RGB")`. */
export function rgbOf(decoded: Decoded, decoder: Decoder): RgbImage {
  const { width, height } = decoded;
  const image = { width, height, data: toRgb(decoded, decoder) };
  return decoder === 'opencv' ? upright(image, decoded.orientation) : image;
}

function toRgb(decoded: Decoded, decoder: Decoder): Uint8Array {
  switch (decoded.kind) {
    case 'rgb':
      return decoded.data;
    case 'cmyk':
      return decoder === 'opencv' ? cmykToRgbOpencv(decoded.data) : cmykToRgbPillow(decoded.data);
    case 'gray16':
      return decoder === 'opencv'
        ? grayToRgb(decoded.data, (value) => value >> 8)
        : grayToRgb(decoded.data, (value) => Math.min(value, 255));
  }
}

/** `icvCvt_CMYK2BGR_8u_C4C3R`, which works on the inverted inks that a JPEG stores. */
function cmykToRgbOpencv(inks: Uint8Array): Uint8Array {
  return mixInks(inks, (ink, black) => 255 - black - ((ink * (255 - black)) >> 8));
}

/** `cmyk2rgb` of Pillow: the product is divided by 255 and rounded. */
function cmykToRgbPillow(inks: Uint8Array): Uint8Array {
  return mixInks(inks, (ink, black) => {
    const light = 255 - black;
    const product = ink * light + 128;
    return light - (((product >> 8) + product) >> 8);
  });
}

function mixInks(inks: Uint8Array, mix: (ink: number, black: number) => number): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const black = inks[from + 3];
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = mix(inks[from + channel], black);
    }
  }
  return rgb;
}

function grayToRgb(gray: Uint16Array, toByte: (value: number) => number): Uint8Array {
  const rgb = new Uint8Array(gray.length * 3);
  for (let k = 0; k < gray.length; k++) rgb.fill(toByte(gray[k]), k * 3, k * 3 + 3);
  return rgb;
}

/** Turned and mirrored so that EXIF orientation `orientation` becomes 1. */
function upright(image: RgbImage, orientation: Orientation): RgbImage {
  if (orientation === 1) return image;
  const { origin, right, down } = walkOf(image, orientation);
  const swapped = orientation >= 5;
  const width = swapped ? image.height : image.width;
  const height = swapped ? image.width : image.height;
  const data = new Uint8Array(image.data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = (origin + y * down) * 3; x < width; x++, from += right * 3, to += 3) {
      data[to] = image.data[from];
      data[to + 1] = image.data[from + 1];
      data[to + 2] = image.data[from + 2];
    }
  }
  return { width, height, data };
}

/** In stored pixels: where the upright picture begins, and one step to its right and downwards. */
function walkOf({ width, height }: RgbImage, orientation: Orientation) {
  const lastColumn = width - 1;
  const lastRow = (height - 1) * width;
  switch (orientation) {
    case 1:
      return { origin: 0, right: 1, down: width };
    case 2:
      return { origin: lastColumn, right: -1, down: width };
    case 3:
      return { origin: lastRow + lastColumn, right: -1, down: -width };
    case 4:
      return { origin: lastRow, right: 1, down: -width };
    case 5:
      return { origin: 0, right: width, down: 1 };
    case 6:
      return { origin: lastRow, right: -width, down: 1 };
    case 7:
      return { origin: lastRow + lastColumn, right: -width, down: -1 };
    case 8:
      return { origin: lastColumn, right: width, down: -1 };
  }
}
