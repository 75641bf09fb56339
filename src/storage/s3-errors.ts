/** What an S3 server's refusals mean: whether trying again helps, and one sentence for a person. */
import { messageOf, TopfiveError } from '../errors.ts';

/** Where a request went, as a person named it. */
export interface S3Place {
  uri: string;
  bucket: string;
  endpoint: string;
  action: 'read' | 'write' | 'list' | 'delete';
}

/** An answer that ended early. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer';
}

const networkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
];
/** `AbortError` is the end of our own time limit. */
const passingNames = [
  'AbortError',
  'TimeoutError',
  'BrokenAnswer',
  'BadDigest',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'ServiceUnavailable',
  'SlowDown',
  // Two conditional writes at once; the documentation of S3 asks for another try.
  'ConditionalRequestConflict',
];
const passingStatuses = [408, 429, 500, 502, 503, 504];

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The status of the answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
}

export function isPassing(error: unknown): boolean {
  return (
    isUnreached(error) ||
    passingNames.includes(nameOf(error)) ||
    passingStatuses.includes(statusOf(error) ?? 0)
  );
}

/** True when no server answered at all. */
export function isUnreached(error: unknown): boolean {
  if (statusOf(error) !== undefined || !(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return networkCodes.includes(code) || ['AbortError', 'TimeoutError'].includes(error.name);
}

/** No such object; a missing bucket is another matter. */
function isAbsent(error: unknown): boolean {
  const name = nameOf(error);
  return name === 'NoSuchKey' || (statusOf(error) === 404 && name !== 'NoSuchBucket');
}

/** @param answered whether the server ever answered this process */
export function refusal(
  error: unknown,
  { place, answered }: { place: S3Place; answered: boolean },
): TopfiveError {
  if (error instanceof TopfiveError) return error;
  if (isAbsent(error) && place.action === 'read') {
    return new TopfiveError('not-found', `There is no object at ${place.uri}; check the path.`, {
      cause: error,
    });
  }
  const refused = sentenceOf(error, place);
  if (refused !== undefined) return new TopfiveError('access', refused, { cause: error });
  const reason = reasonOf(error);
  if (isUnreached(error) && !answered) {
    return new TopfiveError(
      'access',
      `${place.uri} cannot be reached: S3 at ${place.endpoint} does not answer (${reason}); check the endpoint and the network.`,
      { cause: error },
    );
  }
  const done = { read: 'read', write: 'written', list: 'listed', delete: 'deleted' }[place.action];
  return new TopfiveError(
    'storage',
    `${place.uri} could not be ${done}: S3 at ${place.endpoint} ${isUnreached(error) ? 'did not answer' : 'failed'} (${reason}).`,
    { cause: error },
  );
}

function reasonOf(error: unknown): string {
  const status = statusOf(error);
  const name = nameOf(error);
  if (name === 'AbortError') return 'no answer in time';
  const known = ['', 'Error', 'Unknown', 'UnknownError'].includes(name) ? [] : [name];
  const code = error instanceof Error && 'code' in error ? [String(error.code)] : [];
  return [...(status ? [`status ${status}`] : []), ...known, ...code, messageOf(error)]
    .filter((part, index, parts) => part !== '' && parts.indexOf(part) === index)
    .join(', ')
    .replace(/\.$/, '');
}

const needed = {
  read: 's3:GetObject',
  write: 's3:PutObject',
  list: 's3:ListBucket',
  delete: 's3:DeleteObject',
};

/** For what only a person can mend; undefined for everything else. */
function sentenceOf(error: unknown, place: S3Place): string | undefined {
  const { uri, bucket, endpoint, action } = place;
  const status = statusOf(error);
  switch (nameOf(error)) {
    case 'CredentialsProviderError':
      return `${uri} needs credentials and none were found (${reasonOf(error)}); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.`;
    case 'InvalidAccessKeyId':
      return `${uri} cannot be opened: S3 at ${endpoint} does not know this access key; check AWS_ACCESS_KEY_ID or AWS_PROFILE.`;
    case 'SignatureDoesNotMatch':
      return `${uri} cannot be opened: the secret key does not belong to this access key; check AWS_SECRET_ACCESS_KEY or AWS_PROFILE.`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return `${uri} cannot be opened: the session token of the credentials has expired; sign in again or renew AWS_SESSION_TOKEN.`;
    case 'InvalidToken':
      return `${uri} cannot be opened: S3 at ${endpoint} does not accept the session token; renew or unset AWS_SESSION_TOKEN.`;
    case 'NoSuchBucket':
      return `${uri} cannot be opened: there is no bucket "${bucket}" at S3 ${endpoint}; check its name and the endpoint, or create it.`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `${uri} cannot be opened: the bucket is in another region; set AWS_REGION (${reasonOf(error)}).`;
  }
  if (messageOf(error) === 'Region is missing') {
    return `${uri} cannot be opened: no region is set; set AWS_REGION, or TOPFIVE_S3_ENDPOINT for a server of your own.`;
  }
  if (status === 401 || status === 403) {
    return `${uri} may not be ${{ read: 'read', write: 'written', list: 'listed', delete: 'deleted' }[action]} with these credentials (${reasonOf(error)}); they need ${needed[action]} there.`;
  }
  return undefined;
}
