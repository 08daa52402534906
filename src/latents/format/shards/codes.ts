/** The codes of latents that are made of a codebook: which entry stands at each position, beside the vectors themselves. */
import { UserError } from '../../../errors.js';
import type { SafetensorsFile } from '../../../interop/safetensors/safetensors.js';
import type { LatentDescription } from '../manifest.js';

export type CodeTensor = 'codes' | 'codes_mirrored';

/** The tensors of codes that a store's shards have beside latents: int32 [N, h, w]. */
export function codeTensorsOf({ codes, mirrored }: LatentDescription): readonly CodeTensor[] {
  if (codes === undefined) return [];
  return mirrored ? ['codes', 'codes_mirrored'] : ['codes'];
}

/** Tells the number of the entry that each vector of a latent is. */
export interface CodeLookup {
  /** K, of the codebook. */
  readonly codes: number;
  /**
   * @param latents [B, h, w, Z], of vectors of the codebook
   * @returns [B, h, w]; -1 for a vector that is none of them
   */
  of(latents: Float32Array): Int32Array;
}

/**
 * @param codebook [K, Z]; of equal entries the first one's number is told, as an encoder chooses it
 */
export function codeLookup(codebook: Float32Array, channels: number): CodeLookup {
  const keysOf = (vectors: Float32Array) => {
    // -0 equals 0 and has other bytes.
    const bytes = Buffer.from(vectors.map((value) => value + 0).buffer);
    return (row: number) => bytes.toString('latin1', row * 4 * channels, (row + 1) * 4 * channels);
  };
  const keyOf = keysOf(codebook);
  const codes = codebook.length / channels;
  const numbers = new Map<string, number>();
  for (let code = codes - 1; code >= 0; code--) numbers.set(keyOf(code), code);
  return {
    codes,
    of(latents) {
      const key = keysOf(latents);
      return Int32Array.from({ length: latents.length / channels }, (_, row) => numbers.get(key(row)) ?? -1);
    },
  };
}

/** One image's row of each tensor of codes, as text. */
export async function readCodeTexts(file: SafetensorsFile, latent: LatentDescription, row: number): Promise<string[]> {
  const rows = codeTensorsOf(latent).map(async (tensor) => (await file.readSlice(tensor, row, 1)) as Int32Array);
  return (await Promise.all(rows)).map(codesToText);
}

/** Codes as text, for a journal. */
export const codesToText = (codes: Int32Array): string =>
  Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength).toString('base64');

/** The bytes of int32 that `codesToText` was given. */
export const bytesOfCodes = (text: string): Uint8Array => Buffer.from(text, 'base64');

/**
 * Checks that every code is one of the codebook, and stands for the same vector wherever it is.
 *
 * @param meanings code -> the bytes of its vector, as far as they are known; grows
 */
export async function checkCodes(
  file: SafetensorsFile,
  latent: LatentDescription,
  images: number,
  meanings: Map<number, string>,
): Promise<void> {
  const [channels] = latent.shape;
  for (const tensor of codeTensorsOf(latent)) {
    const vectors = tensor === 'codes' ? 'mean' : 'mean_mirrored';
    for (let image = 0; image < images; image++) {
      const codes = (await file.readSlice(tensor, image, 1)) as Int32Array; // [h, w]
      const mean = await file.readSliceFloat32(vectors, image, 1); // [Z, h, w]
      codes.forEach((code, position) => {
        const vector = Array.from({ length: channels }, (_, channel) => mean[channel * codes.length + position]).join();
        const known = meanings.get(code) ?? vector;
        meanings.set(code, known);
        if (code >= 0 && code < (latent.codes as number) && known === vector) return;
        const place = `${file.path}: ${tensor} of image ${image} has ${code} at position ${position}`;
        throw new UserError(`${place}, which is not the code of its latent there: encode the images again.`);
      });
    }
  }
}
