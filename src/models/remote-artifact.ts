/** Artifacts on S3: downloaded once a host into the cache, where they are known by their digest. */
import { type FileHandle, open, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { readCacheSettings, readEnvironment, readS3Settings } from '../config.ts';
import { inOrder } from '../data/in-order.ts';
import { TopfiveError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { externalFiles } from '../onnx/external.ts';
import { type ArtifactCache, openArtifactCache } from '../storage/artifact-cache.ts';
import { digestOf } from '../storage/digest.ts';
import { openFs } from '../storage/fs.ts';
import { openObject } from '../storage/open.ts';
import type { Storage } from '../storage/storage.ts';
import { type Artifact, cachedArtifact, readArtifact } from './artifact.ts';

/** One request's share of a download, in bytes: as large as the parts of an upload. */
const pieceBytes = 16 * 2 ** 20;
/** One connection seldom fills a network; four pieces fit any worker's memory. */
const piecesAtOnce = 4;

/** What a URI led to when it was last downloaded. */
const recordSchema = z.object({
  schemaVersion: z.literal(1),
  sha256: z.string(),
  /** The ONNX file, then those that hold its weights. */
  files: z.array(z.object({ name: z.string(), version: z.string() })).min(1),
});
type RemoteRecord = z.infer<typeof recordSchema>;
type RemoteFile = RemoteRecord['files'][number];

interface Remote {
  cache: ArtifactCache;
  uri: string;
  /** The folder that the ONNX file lies in. */
  folder: Storage;
  /** Of the ONNX file. */
  name: string;
}

/** @throws TopfiveError `model` when there is no such object, `access` when the server lets nobody see it */
export async function expectRemote(uri: string): Promise<void> {
  const { storage, key } = openObject(uri);
  if ((await storage.version(key)) === undefined) throw absent(uri);
}

/**
 * The artifact in this machine's cache; of all processes that ask for it at the same time one downloads it, and goes on
 * where another was interrupted.
 * @param sha256 what is known of it: with it in the cache, nothing is asked of the server
 * @throws TopfiveError `not-found` or `model` when a file of it is missing or changes meanwhile
 */
export async function fetchArtifact(
  uri: string,
  { sha256 }: { sha256?: string } = {},
): Promise<Artifact> {
  const { storage: folder, key: name } = openObject(uri);
  const cache = openArtifactCache(readCacheSettings());
  const remote: Remote = { cache, uri, folder, name };
  const known = sha256 === undefined ? undefined : await findKept(remote, sha256);
  if (known) return known;
  const place = placeOf(remote);
  const tell = createLogger(readEnvironment().logLevel);
  return cache.resumable(
    place,
    async (draft) => {
      const kept = await findUnchanged(remote);
      if (kept) return kept;
      tell.info(`downloading ${uri} to the cache ${cache.root}`);
      return downloadArtifact(remote, draft);
    },
    { onWait: (pid) => tell.info(`process ${pid} downloads ${uri}; waiting for it`) },
  );
}

/** Two servers may have buckets of one name. */
function placeOf({ uri }: Remote): string {
  return digestOf({ uri, endpoint: readS3Settings().endpoint ?? null });
}

const keptKey = ({ name }: Remote, sha256: string) => digestOf({ artifact: sha256, name });

async function findKept(remote: Remote, sha256: string): Promise<Artifact | undefined> {
  const files = await remote.cache.find(keptKey(remote, sha256));
  return files && cachedArtifact(files, remote.name);
}

/** What was downloaded earlier, if the server still has the same. */
async function findUnchanged(remote: Remote): Promise<Artifact | undefined> {
  const record = await readRecord(remote);
  if (!record) return undefined;
  for (const { name, version } of record.files) {
    if ((await remote.folder.version(name)) !== version) return undefined;
  }
  return findKept(remote, record.sha256);
}

/** @param draft an empty folder, or what an interrupted download left in it */
async function downloadArtifact(remote: Remote, draft: string): Promise<Artifact> {
  const { cache, folder, name } = remote;
  const first = await downloadFile(remote, { name, draft });
  const files = [first];
  for (const other of await externalFiles(join(draft, name))) {
    refusePath(other, remote);
    files.push(await downloadFile(remote, { name: other, draft }));
  }
  for (const file of files) {
    if ((await folder.version(file.name)) !== file.version) throw changed(remote, file.name);
  }
  const { sha256 } = await readArtifact(join(draft, name));
  const kept = await cache.getOrMake(keptKey(remote, sha256), async (entry) => {
    for (const file of files) await rename(join(draft, file.name), join(entry, file.name));
  });
  const record: RemoteRecord = { schemaVersion: 1, sha256, files };
  await recordsOf(remote).put(recordName(remote), JSON.stringify(record));
  return cachedArtifact(kept, name);
}

async function downloadFile(
  { uri, folder }: Remote,
  { name, draft }: { name: string; draft: string },
): Promise<RemoteFile> {
  const [version, bytes] = [await folder.version(name), await folder.size(name)];
  if (version === undefined || bytes === undefined) {
    throw absent(`${folder.uri}/${name}`, uri);
  }
  const part = join(draft, `${digestOf({ name, version })}.part`);
  const file = await open(part, 'a');
  try {
    await append(file, { folder, name, bytes });
  } finally {
    await file.close();
  }
  await rename(part, join(draft, name));
  return { name, version };
}

/** Brings what is not there yet. */
async function append(
  file: FileHandle,
  { folder, name, bytes }: { folder: Storage; name: string; bytes: number },
): Promise<void> {
  const starts: number[] = [];
  for (let at = (await file.stat()).size; at < bytes; at += pieceBytes) starts.push(at);
  const pieces = inOrder(starts, {
    limit: piecesAtOnce,
    work: (start) => folder.range(name, start, Math.min(pieceBytes, bytes - start)),
  });
  for await (const piece of pieces) await file.writeFile(piece);
}

/** A cache entry is one flat folder. */
function refusePath(name: string, { uri }: Remote): void {
  if (basename(name) === name && name !== '..') return;
  throw new TopfiveError(
    'model',
    `${uri} keeps weights at ${JSON.stringify(name)}: on S3 they must lie beside it, not in another folder`,
  );
}

function absent(object: string, uri = object): TopfiveError {
  const role = object === uri ? '' : `, which holds weights of ${uri}`;
  return new TopfiveError(
    'model',
    `There is no object at ${object}${role}: check the path of the model.`,
  );
}

function changed({ uri }: Remote, name: string): TopfiveError {
  return new TopfiveError(
    'model',
    `${name} of ${uri} was changed while it was downloaded: try again when nothing writes it`,
  );
}

/** One that cannot be read, after a crash or by an older version, is as good as none. */
async function readRecord(remote: Remote): Promise<RemoteRecord | undefined> {
  const records = recordsOf(remote);
  if ((await records.size(recordName(remote))) === undefined) return undefined;
  const text = (await records.get(recordName(remote))).toString();
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function recordsOf({ cache }: Remote): Storage {
  return openFs(join(cache.root, 'remote'));
}

const recordName = (remote: Remote) => `${placeOf(remote)}.json`;
