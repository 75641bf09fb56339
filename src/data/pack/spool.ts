/** Images out of tables, in one local file: a table is read from its beginning, a packing reads at random. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageSource, openImageSource } from '../image-source.ts';
import { inOrder } from '../in-order.ts';
import type { Manifest, ManifestEntry } from '../manifest.ts';

export interface ClosableImages extends Pick<ImageSource, 'read'> {
  close(): Promise<void>;
}

/** Rows read at a time, all of one or two row groups. */
const atOnce = 8;

/** The images of a manifest for reading in any order. */
export async function openForRandomReads(manifest: Manifest): Promise<ClosableImages> {
  const images = openImageSource(manifest);
  if (manifest.layout !== 'parquet')
    return { read: (entry) => images.read(entry), close: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'topfive-pack-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const file = await open(join(folder, 'images'), 'wx+');
    const offsets = await copyAll(manifest.entries, { images, file });
    return {
      async read(entry) {
        const bytes = Buffer.allocUnsafe(entry.bytes ?? 0);
        await file.read(bytes, 0, bytes.length, offsets.get(entry.key));
        return bytes;
      },
      async close() {
        await file.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function copyAll(
  entries: readonly ManifestEntry[],
  { images, file }: { images: ImageSource; file: FileHandle },
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  let at = 0;
  const read = inOrder(entries, {
    limit: atOnce,
    work: async (entry) => ({ key: entry.key, bytes: await images.read(entry) }),
  });
  for await (const { key, bytes } of read) {
    offsets.set(key, at);
    await file.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  }
  return offsets;
}
