/** Images on remote storage, fetched before they are asked for; neighbours in an archive come in one ranged request. */
import type { Storage } from '../storage/storage.ts';
import type { ManifestEntry } from './manifest.ts';

/** Most bytes of a request for neighbours: what S3's guide to performance advises for ranges. */
const pieceBytes = 8 * 2 ** 20;
/** Between two images of a WebDataset archive lie headers, padding and a class, 2 KB of them; more is not read in vain. */
const gapBytes = 64 * 1024;

export interface ReadAheadLimits {
  /** Of all that is fetched or on its way and was not taken. */
  bytes: number;
  /** Requests at a time. */
  requests: number;
}

/** Images that are being fetched, in the order in which they will be taken. */
export interface ComingImages {
  /**
   * An image's bytes, as many as the manifest says; once. Undefined where they did not come so, or were never expected:
   * whoever reads the image by itself finds out why.
   */
  take(entry: ManifestEntry): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Gives up what was not taken. */
  close(): void;
}

/** Fetches for several consumers, for those that came first first. */
export class ReadAhead {
  readonly #limits: ReadAheadLimits;
  #waiting: Piece[] = [];
  #bytes = 0;
  #requests = 0;

  constructor(limits: ReadAheadLimits) {
    this.#limits = limits;
  }

  expect(entries: readonly ManifestEntry[], storage: Storage): ComingImages {
    const pieces = cutPieces(entries).map((spans) => new Piece(spans, storage));
    const homes = new Map<string, Piece>();
    for (const piece of pieces) for (const { key } of piece.entries) homes.set(key, piece);
    this.#waiting.push(...pieces);
    this.#goOn();
    return {
      take: async (entry) => {
        const piece = homes.get(entry.key);
        if (!piece) return undefined;
        homes.delete(entry.key);
        // Whatever the limits: the consumer goes on with nothing else.
        if (!piece.bytes) this.#start(piece);
        const bytes = await piece.cut(entry);
        if (piece.left === 0) this.#forget(piece);
        return bytes;
      },
      close: () => {
        homes.clear();
        for (const piece of pieces) this.#forget(piece);
      },
    };
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && this.#requests < this.#limits.requests) {
      const [next] = this.#waiting;
      if (this.#bytes > 0 && this.#bytes + next.length > this.#limits.bytes) return;
      this.#start(next);
    }
  }

  #start(piece: Piece): void {
    this.#waiting = this.#waiting.filter((other) => other !== piece);
    this.#bytes += piece.length;
    this.#requests += 1;
    piece.fetch().finally(() => {
      this.#requests -= 1;
      this.#goOn();
    });
  }

  #forget(piece: Piece): void {
    this.#waiting = this.#waiting.filter((other) => other !== piece);
    if (piece.drop()) this.#bytes -= piece.length;
    this.#goOn();
  }
}

/** What one request brings. */
class Piece {
  readonly entries: readonly ManifestEntry[];
  readonly length: number;
  readonly #storage: Storage;
  readonly #start: number;
  /** Undefined before the request; its promise never rejects, and gives undefined for what did not come. */
  bytes: Promise<Buffer | undefined> | undefined;
  /** Images that were not taken. */
  left: number;

  constructor(entries: readonly ManifestEntry[], storage: Storage) {
    this.entries = entries;
    this.left = entries.length;
    this.#storage = storage;
    this.#start = startOf(entries[0]);
    this.length = endOf(entries[entries.length - 1]) - this.#start;
  }

  fetch(): Promise<unknown> {
    const { at } = this.entries[0];
    const request =
      'offset' in at
        ? this.#storage.range(at.file, this.#start, this.length)
        : this.#storage.get(at.file);
    this.bytes = request.catch(() => undefined);
    return this.bytes;
  }

  /** A copy, which may move to another thread by itself. */
  async cut(entry: ManifestEntry): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.bytes;
    this.left -= 1;
    const start = startOf(entry) - this.#start;
    const part = bytes?.subarray(start, 'offset' in entry.at ? start + lengthOf(entry) : undefined);
    return part?.length === lengthOf(entry) ? new Uint8Array(part) : undefined;
  }

  /** @returns whether it held or awaited bytes */
  drop(): boolean {
    const held = this.bytes !== undefined;
    this.bytes = undefined;
    return held;
  }
}

const lengthOf = ({ bytes }: ManifestEntry) => bytes ?? 0;
const startOf = ({ at }: ManifestEntry) => ('offset' in at ? at.offset : 0);
const endOf = (entry: ManifestEntry) => startOf(entry) + lengthOf(entry);

/** Images that are there, those that follow each other closely in one archive together. Rows of tables are not taken apart here. */
function cutPieces(entries: readonly ManifestEntry[]): ManifestEntry[][] {
  const pieces: ManifestEntry[][] = [];
  for (const entry of entries) {
    if (entry.bytes === null || 'row' in entry.at) continue;
    const piece = pieces.at(-1);
    if (piece && continues(piece, entry)) piece.push(entry);
    else pieces.push([entry]);
  }
  return pieces;
}

function continues(piece: readonly ManifestEntry[], entry: ManifestEntry): boolean {
  const last = piece[piece.length - 1];
  if (!('offset' in entry.at) || !('offset' in last.at)) return false;
  const gap = startOf(entry) - endOf(last);
  return (
    entry.at.file === last.at.file &&
    gap >= 0 &&
    gap <= gapBytes &&
    endOf(entry) - startOf(piece[0]) <= pieceBytes
  );
}
