/** The tokenizer that made some latents, found by its sha256. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { fingerprintOfModel } from '../../interop/models/fingerprint.js';
import { modelPathOf, shippedTokenizers } from '../../interop/models/shipped-tokenizers.js';
import { nameOfEncoder, shortSha256 } from '../../latents/format/identity.js';
import type { EncoderFingerprint } from '../../latents/format/manifest.js';

export interface TokenizerSearch {
  readonly encoder: EncoderFingerprint;
  /** What decodes the latents, in the person's own words; nothing else is then looked at. */
  readonly given?: string | undefined;
  /** Where it was seen before. */
  readonly seen?: string | null | undefined;
  /** Stores and runs beside which it may lie. */
  readonly near: readonly string[];
}

/**
 * The path of the model with the encoder's sha256: the one given, the one seen before, a folder beside `near`, in the working
 * folder or in its `runs`, or a tokenizer that comes with the package. Null where none is found.
 *
 * @throws UserError where the given model is another one
 */
export async function findTokenizer({ encoder, given, seen, near }: TokenizerSearch): Promise<string | null> {
  if (given !== undefined) {
    const sha256 = await fingerprintAt(given);
    if (sha256 === encoder.sha256) return given;
    throw new UserError(
      `The latents are of the encoder ${nameOfEncoder(encoder)}, and ${given} is another model ` +
        `(sha256 ${shortSha256(sha256)}…): pass the model that encoded them.`,
    );
  }
  for (const candidate of [...(seen ? [seen] : []), ...(await candidates(encoder, near))]) {
    const sha256 = await fingerprintAt(candidate).catch(ofNoModel);
    if (sha256 === encoder.sha256) return candidate;
  }
  return null;
}

export function tokenizerMissing(encoder: EncoderFingerprint): string {
  return `The tokenizer ${nameOfEncoder(encoder)} that made the latents was not found: pass its path with --model.`;
}

const fingerprintAt = async (path: string): Promise<string> => (await fingerprintOfModel(path)).sha256;

/** A candidate may be anything. */
function ofNoModel(error: unknown): null {
  if (error instanceof UserError) return null;
  throw error;
}

/** Folders with a model, those of the encoder's name first, and the tokenizers that come with the package. */
async function candidates(encoder: EncoderFingerprint, near: readonly string[]): Promise<string[]> {
  const places = new Set([...near.map((path) => dirname(resolve(path))), resolve('.'), resolve('runs')]);
  const found: string[] = [];
  for (const place of places) {
    if (!existsSync(place)) continue;
    for (const entry of await readdir(place, { withFileTypes: true })) {
      if (entry.isDirectory() && existsSync(join(place, entry.name, 'config.json')))
        found.push(join(place, entry.name));
    }
  }
  const isNamesake = (path: string) => basename(path) === encoder.name;
  const others = found.filter((path) => !isNamesake(path));
  return [...found.filter(isNamesake), ...others, ...shippedTokenizers.map(modelPathOf)];
}
