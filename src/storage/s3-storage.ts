/** Storage on S3: a bucket and a prefix in it. */
import { TopfiveError } from '../errors.ts';
import { checkFolder, checkKey, checkPrefix, isKey, ownEnding, sortByCodePoints } from './key.ts';
import {
  type Attempt,
  type ListObjectsV2Output,
  type PutObjectRequest,
  type S3Server,
  s3Server,
} from './s3.ts';
import { putIfAbsent } from './s3-absent.ts';
import { refusal, type S3Place, statusOf } from './s3-errors.ts';
import { contentOf, uploadInParts } from './s3-upload.ts';
import { parseS3Uri, type S3Uri } from './s3-uri.ts';
import type { Storage, StoredObject } from './storage.ts';

/** Objects of a folder that are deleted at a time; the request for many at once is not known to every server. */
const deletedAtOnce = 16;

/** @param uri `s3://bucket/prefix`; nothing is asked of the server before the first call. */
export function openS3(uri: string): Storage {
  return new S3Storage(parseS3Uri(uri), s3Server());
}

/** What is asked, of which object or prefix. */
interface Question {
  action: S3Place['action'];
  key: string;
}

interface Head {
  bytes: number;
  version: string;
  writer: string | undefined;
}

class S3Storage implements Storage {
  readonly uri: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #server: S3Server;
  /** Resolves when the bucket is there. */
  #seen: Promise<unknown> | undefined;

  constructor({ uri, bucket, prefix }: S3Uri, server: S3Server) {
    this.uri = uri;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#server = server;
  }

  async get(key: string): Promise<Buffer> {
    const object = { ...this.#object(key), ChecksumMode: 'ENABLED' } as const;
    return this.#ask({ action: 'read', key }, async ({ s3, options, body }) =>
      body(await s3.getObject(object, options)),
    );
  }

  async range(key: string, offset: number, length: number): Promise<Buffer> {
    if (!(offset >= 0 && length >= 0)) {
      throw new TopfiveError(
        'usage',
        `A range of ${key} cannot start at ${offset} with ${length} bytes.`,
      );
    }
    // S3 has no empty ranges; one byte tells as well whether the object is there.
    const last = offset + Math.max(length, 1) - 1;
    const object = { ...this.#object(key), Range: `bytes=${offset}-${last}` };
    try {
      return await this.#ask({ action: 'read', key }, async ({ s3, options, body }) => {
        const answer = await s3.getObject(object, options);
        const bytes = await body(answer);
        // A server that does not know ranges sends everything.
        const start = answer.ContentRange ? 0 : offset;
        return bytes.subarray(start, start + length);
      });
    } catch (error) {
      if (error instanceof TopfiveError && statusOf(error.cause) === 416) return Buffer.alloc(0);
      throw error;
    }
  }

  async size(key: string): Promise<number | undefined> {
    return (await this.#head(key))?.bytes;
  }

  async version(key: string): Promise<string | undefined> {
    return (await this.#head(key))?.version;
  }

  async put(
    key: string,
    bytes: Uint8Array | string,
    { ifAbsent = false }: { ifAbsent?: boolean } = {},
  ): Promise<boolean> {
    const object = this.#object(key);
    const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (!ifAbsent) {
      await this.#put(object, body);
      return true;
    }
    const probe = { ...object, Key: `${this.#prefix}probe${ownEnding}` };
    return putIfAbsent({
      bucket: this.#bucket,
      where: `${this.uri} at S3 ${this.#server.endpoint}`,
      put: (writer, condition) =>
        this.#put({ ...object, ...condition, Metadata: { writer } }, body),
      probe: (condition) => this.#put({ ...probe, ...condition }, Buffer.alloc(0)),
      head: () => this.#head(key),
    });
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    await uploadInParts(source, {
      object: this.#object(key),
      ask: (send, body) => this.#ask({ action: 'write', key }, send, body),
      size: () => this.size(key),
    });
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    for await (const { Contents = [] } of this.#pages(prefix, {})) {
      for (const { Key = '', Size = 0 } of Contents) {
        const key = Key.slice(this.#prefix.length);
        // Consoles mark an empty folder by an empty object with a final slash.
        if (key.endsWith(ownEnding) || (Size === 0 && (key === '' || key.endsWith('/')))) continue;
        if (!isKey(key)) throw this.#unreadableKey(key);
        yield { key, bytes: Size };
      }
    }
  }

  async folders(prefix: string): Promise<string[]> {
    checkPrefix(prefix);
    const at = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    const names: string[] = [];
    for await (const { CommonPrefixes = [] } of this.#pages(at, { Delimiter: '/' })) {
      for (const { Prefix = '' } of CommonPrefixes) {
        names.push(Prefix.slice(this.#prefix.length + at.length, -1));
      }
    }
    return sortByCodePoints(names);
  }

  async delete(key: string): Promise<void> {
    const object = this.#object(key);
    await this.#ask({ action: 'delete', key }, ({ s3, options }) =>
      s3.deleteObject(object, options),
    );
  }

  async deleteFolder(prefix: string): Promise<void> {
    checkFolder(prefix);
    const keys: string[] = [];
    for await (const { key } of this.list(prefix)) keys.push(key);
    for (let start = 0; start < keys.length; start += deletedAtOnce) {
      await Promise.all(keys.slice(start, start + deletedAtOnce).map((key) => this.delete(key)));
    }
  }

  #object(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async #put(object: Omit<PutObjectRequest, 'Body'>, body: Uint8Array): Promise<void> {
    const key = (object.Key ?? '').slice(this.#prefix.length);
    const sent = { ...object, ...contentOf(body) };
    await this.#ask(
      { action: 'write', key },
      ({ s3, options }) => s3.putObject(sent, options),
      body,
    );
  }

  /** An answer without a body does not say what is wrong, so a listing is asked when the object is not there. */
  async #head(key: string): Promise<Head | undefined> {
    const object = this.#object(key);
    try {
      const {
        ContentLength = 0,
        ETag,
        LastModified,
        Metadata,
      } = await this.#ask({ action: 'read', key }, ({ s3, options }) =>
        s3.headObject(object, options),
      );
      const version = ETag ?? `${ContentLength} ${LastModified?.toISOString()}`;
      return { bytes: ContentLength, version, writer: Metadata?.writer };
    } catch (error) {
      if (!(error instanceof TopfiveError)) throw error;
      // A token that has expired is a status 400, of which a listing says more.
      if (error.kind === 'storage' && statusOf(error.cause) !== 400) throw error;
      await this.#expectBucket();
      if (error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  #expectBucket(): Promise<unknown> {
    this.#seen ??= this.#pages('', { MaxKeys: 1 }).next();
    this.#seen.catch(() => {
      this.#seen = undefined;
    });
    return this.#seen;
  }

  async *#pages(
    prefix: string,
    more: { Delimiter?: string; MaxKeys?: number },
  ): AsyncGenerator<ListObjectsV2Output> {
    const listing = { Bucket: this.#bucket, Prefix: this.#prefix + prefix, ...more };
    let token: string | undefined;
    do {
      const page = { ...listing, EncodingType: 'url', ContinuationToken: token } as const;
      const answer = await this.#ask({ action: 'list', key: prefix }, ({ s3, options }) =>
        s3.listObjectsV2(page, options),
      );
      yield answer.EncodingType === 'url' ? decoded(answer) : answer;
      token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async #ask<T>(
    { action, key }: Question,
    send: (attempt: Attempt) => Promise<T>,
    body?: Uint8Array,
  ): Promise<T> {
    try {
      return await this.#server.request(send, body?.length);
    } catch (error) {
      const { endpoint, answered } = this.#server;
      const uri = key === '' ? this.uri : `${this.uri}/${key}`;
      const place = { uri, bucket: this.#bucket, endpoint, action };
      throw refusal(error, { place, answered });
    }
  }

  #unreadableKey(key: string): TopfiveError {
    return new TopfiveError(
      'usage',
      `${this.uri} holds the object ${JSON.stringify(key)}, whose key is no path of plain parts; rename it.`,
    );
  }
}

/** Keys that were percent-encoded, because XML cannot hold every character. */
function decoded({
  Contents = [],
  CommonPrefixes = [],
  ...rest
}: ListObjectsV2Output): ListObjectsV2Output {
  const decode = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
  return {
    ...rest,
    Contents: Contents.map((object) => ({ ...object, Key: decode(object.Key) })),
    CommonPrefixes: CommonPrefixes.map(({ Prefix }) => ({ Prefix: decode(Prefix) })),
  };
}
