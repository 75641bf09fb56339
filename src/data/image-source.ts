/** The encoded bytes of a manifest's images, whatever the layout. */
import { messageOf, TopfiveError } from '../errors.ts';
import { openStorage } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { ParquetImages } from './layouts/parquet-images.ts';
import type { Manifest, ManifestEntry } from './manifest.ts';

/** The image that the manifest names is not there, though the dataset is; the message says what is there instead. */
export class MissingImage extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'MissingImage';
  }
}

export interface ImageSource {
  /**
   * The image's bytes, as many as the manifest says. Throws `MissingImage` when they are not there, and a `storage`
   * TopfiveError, which a retry may mend, when the dataset's root cannot be reached.
   */
  read(entry: ManifestEntry): Promise<Buffer>;
}

export function openImageSource({ uri }: Pick<Manifest, 'uri'>): ImageSource {
  return new StoredImages(openStorage(uri));
}

class StoredImages implements ImageSource {
  readonly #root: Storage;
  readonly #tables: ParquetImages;
  /** An object that was seen: while it is there, the root is reachable. */
  #witness: string | undefined;

  constructor(root: Storage) {
    this.#root = root;
    this.#tables = new ParquetImages(root);
  }

  async read(entry: ManifestEntry): Promise<Buffer> {
    if (entry.bytes === null) {
      throw new MissingImage(
        `${entry.key} was not in ${this.#root.uri} when the dataset was indexed`,
      );
    }
    const bytes = await this.#readThere(entry);
    this.#witness = entry.at.file;
    if (bytes.length === entry.bytes) return bytes;
    throw new MissingImage(
      `${entry.key} has ${bytes.length} bytes and had ${entry.bytes} when the dataset was indexed: it has changed since`,
    );
  }

  /** Asked twice before an image is called missing: the root may have been away just then. */
  async #readThere(entry: ManifestEntry): Promise<Buffer> {
    try {
      return await this.#fetch(entry);
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    await this.#expectRoot();
    try {
      return await this.#fetch(entry);
    } catch (error) {
      if (!isAbsence(error)) throw error;
      throw new MissingImage(
        `${entry.key} cannot be had from ${this.#root.uri}: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  #fetch({ at }: ManifestEntry): Promise<Buffer> {
    if ('offset' in at) return this.#root.range(at.file, at.offset, at.length);
    return 'row' in at ? this.#tables.read(at) : this.#root.get(at.file);
  }

  async #expectRoot(): Promise<void> {
    if (this.#witness && (await this.#root.size(this.#witness)) !== undefined) return;
    for await (const { key } of this.#root.list('')) {
      this.#witness = key;
      return;
    }
    throw new TopfiveError(
      'storage',
      `The dataset at ${this.#root.uri} cannot be reached: nothing is there now; mount it again or correct its uri.`,
    );
  }
}

/** No such file, or a table that does not hold the row any more. */
function isAbsence(error: unknown): boolean {
  return error instanceof TopfiveError && (error.kind === 'not-found' || error.kind === 'dataset');
}
