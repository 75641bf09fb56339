/** Pixels in this thread: read, digest, decode once, crop under every rule. */
import { cropsOf } from '../data/crop.ts';
import { Undecodable } from '../data/decode.ts';
import { type ImageSource, MissingImage } from '../data/image-source.ts';
import { sha256 } from '../storage/digest.ts';
import type { PixelResult, PixelSource } from './ports.ts';

export function openPixelSource(images: ImageSource): PixelSource {
  return {
    async pixels(entry, rules): Promise<PixelResult> {
      const started = performance.now();
      let bytes: Buffer;
      try {
        bytes = await images.read(entry);
      } catch (error) {
        if (!(error instanceof MissingImage)) throw error;
        return { state: 'missing', reason: error.message, sha256: sha256('') };
      }
      const read = performance.now();
      const digest = sha256(bytes);
      try {
        const crops = rules.length > 0 ? await cropsOf(bytes, rules) : [];
        const pixelsMs = performance.now() - read;
        return { crops, sha256: digest, readMs: read - started, pixelsMs };
      } catch (error) {
        if (!(error instanceof Undecodable)) throw error;
        return { state: 'undecodable', reason: error.message, sha256: digest };
      }
    },
  };
}
