/** A thread that turns manifest entries into crops: reading, decoding and resizing leave the event loop free. */
import { setDecodeConcurrency } from '../data/decode.ts';
import { type ImageSource, openImageSource } from '../data/image-source.ts';
import type { Layout, ManifestEntry } from '../data/manifest.ts';
import type { CropRule } from '../data/recipe.ts';
import { openPixelSource } from '../jobs/pixel-source.ts';
import type { PixelResult, PixelSource } from '../jobs/ports.ts';
import { answerRequests } from './thread.ts';

export interface PixelRequest {
  dataset: { uri: string; layout: Layout };
  entry: ManifestEntry;
  rules: readonly CropRule[];
  /** The image's bytes where they were fetched already. */
  bytes?: Uint8Array | undefined;
}

// Workers are the parallelism: libvips threads inside one image would only contend with inference.
setDecodeConcurrency(1);

const sources = new Map<string, PixelSource>();

function sourceOf(dataset: PixelRequest['dataset']): PixelSource {
  const name = `${dataset.layout} ${dataset.uri}`;
  const known = sources.get(name);
  if (known) return known;
  const images: ImageSource = openImageSource(dataset);
  const opened = openPixelSource(images);
  sources.set(name, opened);
  return opened;
}

function holding(bytes: Uint8Array): ImageSource {
  return { read: async () => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
}

answerRequests<PixelRequest[], PixelResult[]>(async (requests) => {
  const work = ({ dataset, entry, rules, bytes }: PixelRequest) =>
    (bytes ? openPixelSource(holding(bytes)) : sourceOf(dataset)).pixels(entry, rules);
  const answer = await Promise.all(requests.map(work));
  const transfer = answer.flatMap((result) =>
    'crops' in result ? result.crops.map((crop) => crop.buffer as ArrayBuffer) : [],
  );
  return { answer, transfer };
});
