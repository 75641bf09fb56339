/** `s3://bucket/prefix`: taken as it is written, nothing in it is percent-encoded. */
import { TopfiveError } from '../errors.ts';
import { isKey } from './key.ts';

export interface S3Uri {
  bucket: string;
  /** Empty, or ending in `/`. */
  prefix: string;
  /** Without a final `/`. */
  uri: string;
}

/** Whether a text names something on S3, and not a path. */
export const isS3Uri = (text: string) => /^s3:\/\//i.test(text);

/** A `usage` TopfiveError for what names no bucket. */
export function parseS3Uri(text: string): S3Uri {
  const [, bucket, path] = /^s3:\/\/([^/]*)\/*(.*?)\/*$/is.exec(text) ?? [];
  // The names of buckets, those of S3's first years included.
  if (bucket === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/.test(bucket)) {
    throw new TopfiveError('usage', `s3://BUCKET or s3://BUCKET/PREFIX was expected, not ${text}.`);
  }
  if (path !== '' && !isKey(path)) {
    throw new TopfiveError(
      'usage',
      `The prefix of ${text} must be a path without empty, "." or ".." parts.`,
    );
  }
  const tail = path === '' ? '' : `/${path}`;
  return { bucket, prefix: path === '' ? '' : `${path}/`, uri: `s3://${bucket}${tail}` };
}
