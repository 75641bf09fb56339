/** One parquet file on a storage, read a row group at a time; the only import of hyparquet in the datasets. */
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { messageOf, TopfiveError } from '../../errors.ts';
import type { Storage } from '../../storage/storage.ts';
import { datasetError } from '../dataset-error.ts';

export interface RowGroup {
  /** First row, counted over the file. */
  start: number;
  /** One past the last row. */
  end: number;
  /** Uncompressed size. */
  bytes: number;
}

/** A row group is held in memory as a whole; writers of image tables make them of about 100 MB. */
const mostGroupBytes = 2 ** 30;

export class ParquetFile {
  readonly #file: AsyncBuffer;
  readonly #metadata: FileMetaData;
  readonly #key: string;
  readonly groups: RowGroup[];

  private constructor(key: string, parts: { file: AsyncBuffer; metadata: FileMetaData }) {
    this.#key = key;
    this.#file = parts.file;
    this.#metadata = parts.metadata;
    this.groups = groupsOf(parts.metadata);
    const large = this.groups.find(({ bytes }) => bytes > mostGroupBytes);
    if (large) {
      throw datasetError(
        `A row group of ${key} has ${Math.round(large.bytes / 2 ** 20)} MiB; write it again with row groups below 1 GiB.`,
      );
    }
  }

  /** A `dataset` TopfiveError when it is no parquet file. */
  static async open(
    storage: Storage,
    { key, size }: { key: string; size: number },
  ): Promise<ParquetFile> {
    const file = {
      byteLength: size,
      slice: async (start: number, end = size) =>
        toArrayBuffer(await storage.range(key, start, end - start)),
    };
    const metadata = await readable(key, () => parquetMetadataAsync(file));
    return new ParquetFile(key, { file, metadata });
  }

  /** Columns as `image.bytes`, in the order of the file. */
  get columns(): string[] {
    return (this.#metadata.row_groups[0]?.columns ?? []).map(
      ({ meta_data }) => meta_data?.path_in_schema.join('.') ?? '',
    );
  }

  /** A value of the file's key-value metadata. */
  note(name: string): string | undefined {
    return this.#metadata.key_value_metadata?.find(({ key }) => key === name)?.value;
  }

  /** The rows of one group, with only these columns. */
  async rows(group: RowGroup, columns: string[]): Promise<Record<string, unknown>[]> {
    const { start: rowStart, end: rowEnd } = group;
    const source = { file: this.#file, metadata: this.#metadata, compressors, utf8: false };
    return readable(this.#key, () => parquetReadObjects({ ...source, columns, rowStart, rowEnd }));
  }
}

function groupsOf({ row_groups: groups }: FileMetaData): RowGroup[] {
  let end = 0;
  return groups.map((group) => {
    const start = end;
    end += Number(group.num_rows);
    return { start, end, bytes: Number(group.total_byte_size) };
  });
}

async function readable<T>(key: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TopfiveError) throw error;
    throw datasetError(`${key} is not a readable parquet file: ${messageOf(error)}.`, error);
  }
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength
    ? buffer
    : new Uint8Array(bytes).buffer;
}
