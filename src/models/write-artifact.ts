/** Puts an artifact on disk: whole under its name, or not at all. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, TopfiveError } from '../errors.ts';
import {
  type ByteStream,
  type GraphOutline,
  type ReadTensor,
  streamExternal,
  streamOnnx,
  type TensorOutline,
} from '../onnx/write-stream.ts';

export interface WriteProgress {
  done: number;
  /** Bytes of all files. */
  total: number;
}

export interface WriteOptions {
  /** The ONNX file. */
  path: string;
  /** Puts the weights into `<path>.data`; by default only where one ONNX file cannot hold them. */
  externalData?: boolean;
  /** Ends the writing; nothing stays then. */
  signal?: AbortSignal;
  onProgress?: (progress: WriteProgress) => void;
}

/** Protobuf, and so an ONNX file with its weights inside, ends here. */
const largestFile = 2 ** 31 - 1;
/** Written at a time, so that an interrupt is soon noticed. */
const mostAtOnce = 2 ** 24;

/** @throws TopfiveError `output` for a place that cannot be written, `cancelled` after the signal */
export async function writeArtifact<Tensor extends TensorOutline>(
  graph: GraphOutline<Tensor>,
  { read, ...options }: WriteOptions & { read: ReadTensor<Tensor> },
): Promise<void> {
  const { path, externalData } = options;
  const inside = streamOnnx(graph, read);
  if (!(externalData ?? inside.length > largestFile)) {
    return writeFiles([{ path, stream: inside }], options);
  }
  const { onnx, data } = streamExternal(graph, { location: `${basename(path)}.data`, read });
  const files = [
    { path: `${path}.data`, stream: data },
    { path, stream: { length: onnx.length, chunks: [onnx] } },
  ];
  return writeFiles(files, options);
}

interface File {
  path: string;
  stream: Omit<ByteStream, 'chunks'> & {
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  };
}

/** @param files the one that leads to the others last: it is the first to go and the last to come */
async function writeFiles(files: File[], options: WriteOptions): Promise<void> {
  const total = files.reduce((sum, { stream }) => sum + stream.length, 0);
  const count = counter(total, options);
  const drafts = files.map(({ path }) => ({ path, draft: draftOf(path) }));
  const removeDrafts = () => {
    for (const { draft } of drafts) rmSync(draft, { force: true });
  };
  process.once('exit', removeDrafts);
  try {
    for (const [place, { draft }] of drafts.entries()) {
      await writeDraft(draft, { file: files[place], count });
    }
    if (files.length > 1) await rm(options.path, { force: true });
    for (const { path, draft } of drafts) await rename(draft, path);
  } catch (error) {
    throw isFromSystem(error) ? unwritten(options.path, error) : error;
  } finally {
    removeDrafts();
    process.off('exit', removeDrafts);
  }
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

/** Called with each number of bytes that was written. */
function counter(total: number, { signal, path, onProgress }: WriteOptions) {
  let done = 0;
  return (bytes: number) => {
    if (signal?.aborted) {
      throw new TopfiveError('cancelled', `${path} was not written: it was interrupted`);
    }
    done += bytes;
    onProgress?.({ done, total });
  };
}

async function writeDraft(
  draft: string,
  { file, count }: { file: File; count: (bytes: number) => void },
): Promise<void> {
  const handle = await open(draft, 'wx');
  try {
    for await (const chunk of file.stream.chunks) await writeChunk(handle, { chunk, count });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeChunk(
  handle: FileHandle,
  { chunk, count }: { chunk: Uint8Array; count: (bytes: number) => void },
): Promise<void> {
  for (let start = 0; start < chunk.length; ) {
    const length = Math.min(mostAtOnce, chunk.length - start);
    const { bytesWritten } = await handle.write(chunk, start, length);
    count(bytesWritten);
    start += bytesWritten;
  }
}

function isFromSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function unwritten(path: string, cause: unknown): TopfiveError {
  return new TopfiveError(
    'output',
    `${path} cannot be written: ${messageOf(cause)}; choose another place, or make room`,
    { cause },
  );
}
