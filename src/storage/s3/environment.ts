/** Endpoint, region and credentials, from the variables that AWS' own tools read. */
import { UserError } from '../../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Endpoint {
  /** Where the bucket is: keys follow after a slash. */
  readonly bucketUrl: string;
  readonly region: string;
}

/**
 * With an endpoint of one's own (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL) the bucket is the first part of the path, which all
 * servers understand; at AWS it is the first part of the host's name, unless it has dots, which no certificate covers.
 */
export function endpointOf(bucket: string, environment: Environment): Endpoint {
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || 'us-east-1';
  const own = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  if (own) {
    if (!/^https?:\/\/[^/]/.test(own)) {
      throw new UserError(
        `Got the endpoint ${own}, wanted a URL such as https://s3.example.org: set AWS_ENDPOINT_URL.`,
      );
    }
    return { bucketUrl: `${own.replace(/\/+$/, '')}/${bucket}`, region };
  }
  const host = `s3.${region}.amazonaws.com`;
  return { bucketUrl: bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`, region };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** After which they are asked for again. */
  readonly expiration?: Date | undefined;
}

/** @param renew what was given before was refused as expired */
export type CredentialSource = (renew?: boolean) => Promise<Credentials>;

/** An optional peer, with what it is needed for; it is large, and wants a newer Node than this package. */
const peer = '@aws-sdk/credential-providers';
type Peer = { fromNodeProviderChain(): () => Promise<Credentials> };

/** Credentials of machines are renewed so long before they expire. */
const renewalMs = 5 * 60_000;

/**
 * The two or three variables, else whatever the peer finds: profiles, single sign-on, roles of machines and pods.
 *
 * @throws UserError where there are no credentials
 */
export function credentialsFrom(
  environment: Environment,
  loadPeer: () => Promise<Peer | undefined> = importPeer,
): CredentialSource {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId && secretAccessKey) {
    const sessionToken = environment.AWS_SESSION_TOKEN || undefined;
    return async () => ({ accessKeyId, secretAccessKey, sessionToken });
  }
  let source: (() => Promise<Credentials>) | undefined;
  let known: Credentials | undefined;
  return async (renew = false) => {
    const isFresh = known && (known.expiration?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now() + renewalMs;
    if (known && isFresh && !renew) return known;
    // A new chain: the old one may remember what it read.
    if (renew) source = undefined;
    source ??= (await loadPeer())?.fromNodeProviderChain();
    if (source === undefined) {
      const profile = environment.AWS_PROFILE ? `the profile ${environment.AWS_PROFILE}` : 'profiles, roles';
      throw new UserError(
        'Got no credentials for s3://, wanted AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN); for ' +
          `${profile} and single sign-on: npm install ${peer}.`,
      );
    }
    known = await source().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UserError(`Got no credentials for s3:// (${peer}: ${reason}): log in, or set AWS_ACCESS_KEY_ID.`);
    });
    return known;
  };
}

async function importPeer(): Promise<Peer | undefined> {
  try {
    return (await import(peer)) as Peer;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (isMissing && error.message.includes(peer)) return undefined;
    throw error;
  }
}
