/** A stream cut into the parts of a multipart upload. */

/** S3 takes 10,000 parts of at least 5 MiB: these allow objects of 160 GB, and a few of them fit any worker's memory. */
const partBytes = 16 * 2 ** 20;

/** Parts of equal size but for the last; one empty part for an empty source. */
export async function* cutParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let filled = 0;
  let part = Buffer.allocUnsafeSlow(partBytes);
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === partBytes) {
        yield part;
        filled = 0;
        part = Buffer.allocUnsafeSlow(partBytes);
      }
      const taken = chunk.subarray(at, at + partBytes - filled);
      part.set(taken, filled);
      filled += taken.length;
      at += taken.length;
    }
  }
  yield part.subarray(0, filled);
}
