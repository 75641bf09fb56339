/** A multipart upload: a few parts at a time, and nothing left behind when it fails. */
import { createHash } from 'node:crypto';
import type { Attempt } from './s3.ts';
import { nameOf } from './s3-errors.ts';
import { cutParts } from './s3-parts.ts';

const partsAtOnce = 4;

export interface Upload {
  object: { Bucket: string; Key: string };
  /** Sends one request about the object; its rejection has the SDK's error as `cause`. */
  ask: <T>(send: (attempt: Attempt) => Promise<T>, body?: Uint8Array) => Promise<T>;
  /** Size of the object as it is now. */
  size: () => Promise<number | undefined>;
}

/** A body with the digest by which every server checks it. */
export function contentOf(body: Uint8Array) {
  return {
    Body: body,
    ContentLength: body.length,
    ContentMD5: createHash('md5').update(body).digest('base64'),
  };
}

export async function uploadInParts(
  source: AsyncIterable<Uint8Array>,
  { object, ask, size }: Upload,
): Promise<void> {
  const { UploadId } = await ask(({ s3, options }) => s3.createMultipartUpload(object, options));
  const upload = { ...object, UploadId };
  const sent: Promise<{ PartNumber: number; ETag: string | undefined }>[] = [];
  const send = async (bytes: Uint8Array, PartNumber: number) => {
    const part = { ...upload, PartNumber, ...contentOf(bytes) };
    const { ETag } = await ask(({ s3, options }) => s3.uploadPart(part, options), bytes);
    return { PartNumber, ETag };
  };
  try {
    let total = 0;
    for await (const bytes of cutParts(source)) {
      await sent.at(-partsAtOnce);
      const started = send(bytes, sent.length + 1);
      started.catch(() => {});
      sent.push(started);
      total += bytes.length;
    }
    const whole = { ...upload, MultipartUpload: { Parts: await Promise.all(sent) } };
    await ask(({ s3, options }) => s3.completeMultipartUpload(whole, options)).catch(
      async (error: Error) => {
        // When an answer was lost, the second try finds the upload completed and gone.
        if (nameOf(error.cause) !== 'NoSuchUpload' || (await size()) !== total) throw error;
      },
    );
  } catch (error) {
    await Promise.allSettled(sent);
    await ask(({ s3, options }) => s3.abortMultipartUpload(upload, options)).catch(() => {});
    throw error;
  }
}
