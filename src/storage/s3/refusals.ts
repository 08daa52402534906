/** What an object store refuses, in one sentence with what to do; and what is worth another try. */
import { UserError } from '../../errors.js';
import { StorageRefusal } from '../storage.js';
import { elementsOf, parseXml, textOf } from './xml.js';

/** An answer that is no success. */
export interface Refusal {
  readonly status: number;
  /** As S3 names it, such as `SlowDown`; empty where the answer has no body. */
  readonly code: string;
  readonly message: string;
  /** Where the bucket is, if the answer says so. */
  readonly region?: string | undefined;
}

/** There is no such object. */
export class ObjectNotFound extends Error {
  readonly code = 'ENOENT';
}

export function refusalOf(status: number, headers: Headers, body: Buffer): Refusal {
  const [error] = elementsOf(errorIn(body), 'Error');
  const region = headers.get('x-amz-bucket-region') || textOf(error, 'Region') || undefined;
  return { status, code: textOf(error, 'Code'), message: textOf(error, 'Message'), ...(region && { region }) };
}

/** Gateways between here and the store answer in HTML or nothing: then the status must do. */
function errorIn(body: Buffer) {
  try {
    return parseXml(body);
  } catch {
    return undefined;
  }
}

const passing = new Set(['SlowDown', 'InternalError', 'RequestTimeout', 'ServiceUnavailable', 'ThrottlingException']);

/** Whether the same request may succeed a moment later. */
export const isPassing = ({ status, code }: Refusal): boolean =>
  status >= 500 || status === 429 || status === 408 || passing.has(code);

export const expired = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);

const kept = 'what was reported as done is kept';

/**
 * @param url of the object or the bucket
 * @param tries how many there were, as `, after 6 tries in 14 s`
 */
export function refusalError(url: string, endpoint: string, refusal: Refusal, tries: string): Error {
  const { status, code, message, region } = refusal;
  const said = [status, code, message && `"${message}"`].filter(Boolean).join(' ');
  const bucket = /^s3:\/\/([^/]*)/.exec(url)?.[1];
  if (isPassing(refusal)) {
    return new StorageRefusal(`${endpoint} refuses ${url} (${said})${tries}: ${kept}, run the command again later.`);
  }
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect') {
    const remedy = region ? `set AWS_REGION=${region}` : 'see AWS_REGION and AWS_ENDPOINT_URL';
    return new StorageRefusal(`The bucket ${bucket} is not where ${endpoint} was asked for it (${said}): ${remedy}.`);
  }
  if (expired.has(code)) {
    return new StorageRefusal(
      `The credentials for s3://${bucket} have expired (${said}): set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and ` +
        `AWS_SESSION_TOKEN to new ones, or log in again where they come from a profile, and run the command again; ${kept}.`,
    );
  }
  if (code === 'RequestTimeTooSkewed') {
    return new StorageRefusal(`${endpoint} refuses ${url} (${said}): set this machine's clock.`);
  }
  if (code === 'NoSuchBucket') {
    return new StorageRefusal(`${endpoint} has no bucket ${bucket}: create it, or see AWS_ENDPOINT_URL.`);
  }
  if (status === 404) return new ObjectNotFound(`${url} does not exist`);
  if (status === 401 || status === 403) {
    const isUnknown = code === 'InvalidAccessKeyId' || code === 'SignatureDoesNotMatch';
    const remedy = isUnknown
      ? 'see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION'
      : 'see which rights these credentials have, and whether they have expired';
    return new StorageRefusal(`${endpoint} refuses ${url} (${said}): ${remedy}; ${kept}.`);
  }
  if (status === 412) return changedMeanwhile(url);
  return new StorageRefusal(`${endpoint} refuses ${url} (${said}): see whether that is the place you meant; ${kept}.`);
}

export const changedMeanwhile = (url: string) =>
  new UserError(`${url} was changed while it was read: run the command again.`);
