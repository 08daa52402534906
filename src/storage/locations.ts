/** Where files are: paths of this machine, or `s3://bucket/key`. What one does to either of them is here. */
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../errors.js';

const scheme = 's3://';

/** Whether a location is in an object store. */
export const isObjectUrl = (location: string): boolean => location.startsWith(scheme);

export interface ObjectPlace {
  readonly bucket: string;
  /** Without a slash at its beginning; empty for the bucket itself. */
  readonly key: string;
}

/** @throws UserError for a URL without a bucket */
export function objectPlaceOf(url: string): ObjectPlace {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(url) ?? [];
  // The names that S3 allows: lower case, digits, dots and hyphens; older ones also upper case and underscores.
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) return { bucket, key };
  throw new UserError(`Got ${url}, wanted s3://bucket/prefix.`);
}

export const objectUrl = ({ bucket, key }: ObjectPlace): string => `${scheme}${bucket}/${key}`;

/** `name` below `folder`, whether it is a path or a URL. */
export function below(folder: string, name: string): string {
  return isObjectUrl(folder) ? `${folder.replace(/\/+$/, '')}/${name}` : join(folder, name);
}

/** As it is meant from everywhere. */
export const absolute = (location: string): string => (isObjectUrl(location) ? location : resolve(location));

/** The folder that a file lies in. */
export function folderOf(location: string): string {
  return isObjectUrl(location) ? location.replace(/\/[^/]*\/?$/, '') : dirname(location);
}

export const nameIn = (location: string): string => basename(location);

/** From `folder` on, with forward slashes. @param location of the same machine or bucket */
export function relativeTo(folder: string, location: string): string {
  if (!isObjectUrl(location)) return relative(folder, resolve(location)).split(sep).join('/');
  return location.slice(folder.replace(/\/+$/, '').length + 1);
}

/** The deepest folder that holds all of these URLs of one bucket. */
export function commonPrefix(urls: readonly string[]): string {
  const [first = [], ...others] = urls.map((url) => url.replace(/\/+$/, '').split('/'));
  const differs = first.findIndex((segment, index) => others.some((other) => other[index] !== segment));
  return (differs < 0 ? first : first.slice(0, differs)).join('/');
}

/** @param what that wants a folder, as the beginning of a sentence: `--update` */
export function assertOnThisMachine(location: string, what: string): void {
  if (!isObjectUrl(location)) return;
  throw new UserError(`Got ${location}, but ${what} wants a folder of this machine: copy it there, or mount it.`);
}
