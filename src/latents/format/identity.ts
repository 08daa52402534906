/** What must not change between two runs that write the same store. */

import { sha256Of } from '../../digest.js';
import { UserError } from '../../errors.js';
import type { EncoderFingerprint, LatentDescription, Preprocessing } from './manifest.js';

export interface StoreOrigin {
  readonly encoder: EncoderFingerprint;
  readonly preprocessing: Preprocessing;
  readonly latent: LatentDescription;
}

/** Short enough to read, long enough to tell models apart. */
export const shortSha256 = (sha256: string) => sha256.slice(0, 12);

export const nameOfEncoder = ({ name, sha256 }: EncoderFingerprint) => `${name} (sha256 ${shortSha256(sha256)}…)`;

/** @throws UserError that shows both sides where `wanted` differs from what the store was begun with */
export function assertSameOrigin(store: string, begun: StoreOrigin, wanted: StoreOrigin): void {
  if (begun.encoder.sha256 !== wanted.encoder.sha256) {
    throw new UserError(
      `${store} holds latents of the encoder ${nameOfEncoder(begun.encoder)}, this one is ` +
        `${nameOfEncoder(wanted.encoder)}: write to another folder, or pass the model that began this one.`,
    );
  }
  assertSame(store, 'arithmetic', arithmeticOf(begun.encoder), arithmeticOf(wanted.encoder));
  assertSame(store, 'preprocessing', begun.preprocessing, wanted.preprocessing);
  assertSame(store, 'latents', begun.latent, wanted.latent);
}

/** What it cost is no part of it. */
function arithmeticOf({ int8 }: EncoderFingerprint): object {
  return {
    precision: int8 ? 'int8' : 'float32',
    ...(int8 && { calibration: shortSha256(sha256Of(JSON.stringify(int8.ranges))) }),
  };
}

function assertSame(store: string, subject: string, begun: object, wanted: object): void {
  const differences = differencesOf(begun, wanted).map(
    ({ key, values }) => `${key} ${values[0]} there and ${values[1]} here`,
  );
  if (differences.length === 0) return;
  const [there, here] = [begun, wanted].map((value) => shortSha256(sha256Of(JSON.stringify(value))));
  throw new UserError(
    `${store} was begun with other ${subject} (sha256 ${there}… there, ${here}… here): ${differences.join(', ')}; ` +
      'write to another folder, or use the options that began this one.',
  );
}

/** The fields in which two objects differ, with both values as text. */
export function differencesOf(a: object, b: object): { key: string; values: [string, string] }[] {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  const show = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((key) => ({ key, values: [show(left.get(key)), show(right.get(key))] as [string, string] }))
    .filter(({ values: [one, other] }) => one !== other);
}
