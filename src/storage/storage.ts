/** Bytes at a key. Implementations: fs (a directory), s3 (a bucket and prefix). */

export interface StoredObject {
  key: string;
  bytes: number;
}

/** Keys are relative paths with `/` between parts, never starting with `/` and never containing `..`. */
export interface Storage {
  /** `file:///…` or `s3://…`: opens the same storage again in another process. */
  readonly uri: string;
  /** The whole object; a `not-found` TopfiveError when there is none. */
  get(key: string): Promise<Buffer>;
  /** Bytes `[offset, offset + length)`; fewer at the end of the object. */
  range(key: string, offset: number, length: number): Promise<Buffer>;
  /** Size in bytes, or undefined when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** A text that is another once the content is another; undefined when there is no such object. */
  version(key: string): Promise<string | undefined>;
  /** Writes atomically. With `ifAbsent`, false and no change when the key exists already. */
  put(key: string, bytes: Uint8Array | string, options?: { ifAbsent?: boolean }): Promise<boolean>;
  /** Writes atomically what `source` yields, however much; nothing when the source fails. */
  putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Objects whose key starts with `prefix`, in order of their keys (code points). */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Names of the folders directly under `prefix` (empty, or ending in `/`), in order, empty folders too. */
  folders(prefix: string): Promise<string[]>;
  delete(key: string): Promise<void>;
  /** Deletes everything under `prefix`, which ends in `/`, and with it the folder itself where storage has such. */
  deleteFolder(prefix: string): Promise<void>;
}
