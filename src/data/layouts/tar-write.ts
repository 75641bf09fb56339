/** Members of a tar archive as bytes: the same name and content always give the same bytes. */
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';

/** Two empty blocks, by POSIX. */
export const endMark = Buffer.alloc(1024);

/** One member whole: its headers, its content, and what fills the last block. */
export async function encodeMember(name: string, content: Uint8Array): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, mode: 0o644, mtime: new Date(0) }, Buffer.from(content));
  archive.finalize();
  const bytes = await buffer(archive);
  return bytes.subarray(0, bytes.length - endMark.length);
}

/** Bytes before the content; long names and those beyond ASCII have a header of their own. */
export async function headerBytes(name: string): Promise<number> {
  return (await encodeMember(name, new Uint8Array())).length;
}

/** Bytes of a content in whole blocks. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 512) * 512;
}
