/** Single images out of parquet files, with the last row groups kept so that neighbours cost one read together. */
import { TopfiveError } from '../../errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';
import { ParquetFile, type RowGroup } from './parquet-file.ts';

interface Held {
  name: string;
  images: Promise<(Uint8Array | undefined)[]>;
}

/** The one being read and its predecessor, which images still under way may need. */
const groupsHeld = 2;

export class ParquetImages {
  readonly #root: Storage;
  readonly #files = new Map<string, Promise<ParquetFile>>();
  #held: Held[] = [];

  constructor(root: Storage) {
    this.#root = root;
  }

  /** A `dataset` TopfiveError when the file does not have the row. */
  async read({ file: key, row }: { file: string; row: number }): Promise<Buffer> {
    const file = await this.#open(key);
    const group = file.groups.find(({ start, end }) => row >= start && row < end);
    const images = group && (await this.#images(file, { key, group }));
    const bytes = images?.[row - group!.start];
    if (!bytes) throw datasetError(`${key} has no image in row ${row}.`);
    return Buffer.from(bytes);
  }

  #open(key: string): Promise<ParquetFile> {
    const known = this.#files.get(key);
    if (known) return known;
    const opened = this.#openFresh(key);
    this.#files.set(key, opened);
    opened.catch(() => this.#files.delete(key));
    return opened;
  }

  async #openFresh(key: string): Promise<ParquetFile> {
    const size = await this.#root.size(key);
    if (size === undefined)
      throw new TopfiveError('not-found', `There is no ${key} in ${this.#root.uri}.`);
    return ParquetFile.open(this.#root, { key, size });
  }

  #images(
    file: ParquetFile,
    { key, group }: { key: string; group: RowGroup },
  ): Promise<(Uint8Array | undefined)[]> {
    const name = `${group.start} ${key}`;
    const known = this.#held.find((held) => held.name === name);
    if (known) return known.images;
    const images = file
      .rows(group, ['image'])
      .then((rows) => rows.map(({ image }) => bytesIn(image)));
    this.#held = [{ name, images }, ...this.#held].slice(0, groupsHeld);
    images.catch(() => {
      this.#held = this.#held.filter((held) => held.images !== images);
    });
    return images;
  }
}

function bytesIn(image: unknown): Uint8Array | undefined {
  return image && typeof image === 'object' && 'bytes' in image && image.bytes instanceof Uint8Array
    ? image.bytes
    : undefined;
}
