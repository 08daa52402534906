/** AWS signature 4 as a server computes it, of a request as it arrived: s3rver takes any. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What was signed is what arrived (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). */
export function isSigned(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  secret: string,
) {
  const found = /Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})/.exec(
    headers.authorization ?? '',
  );
  if (found === null) return false;
  const [, credential = '', names = '', signature] = found;
  const [, date = '', region = '', service = ''] = credential.split('/');
  const [path = '', query = ''] = (url ?? '').split('?');
  const pairs = query === '' ? [] : query.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`));
  const canonical = [
    method,
    path,
    pairs.sort().join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}`),
    '',
    names,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = ['aws4_request'].reduce(hmacOf, [region, service].reduce(hmacOf, hmac(`AWS4${secret}`, date)));
  return hmac(key, text).toString('hex') === signature;
}

const hmacOf = (key: Buffer, text: string) => hmac(key, text);
