/** A picture that stands in the page itself. */
import { Markup, markup, type Part } from '../markup.ts';

/** CSS pixels; the picture may have more. */
const thumbnailSide = 72;

/** Nothing where there is none. */
export function picture(jpeg: Uint8Array | undefined): Part {
  if (!jpeg) return null;
  const data = new Markup(`data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`);
  return markup`<img class="thumbnail" alt="" width="${thumbnailSide}" height="${thumbnailSide}" src="${data}">`;
}
