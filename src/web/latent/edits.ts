/** What a hand may do to a latent, as numbers. */

export type SwappedHalf = 'none' | 'left' | 'right' | 'top' | 'bottom';

/** What a hand may do to a latent. */
export interface LatentEdits {
  /** Standard deviation of Gaussian noise that is added, in units of each plane's own. */
  readonly noise: number;
  /** Another number draws other noise. */
  readonly noiseSeed: number;
  /** Every plane is rounded to 2^bits levels between its least and greatest value; null leaves it as it is. */
  readonly bits: number | null;
  /** The distance to each plane's mean is multiplied by this. */
  readonly scale: number;
  /** Added to each plane, in units of its standard deviation. */
  readonly shift: number;
  /** Which half comes from the other picture. */
  readonly swap: SwappedHalf;
}

/** A latent as it is. */
export const noEdits: LatentEdits = { noise: 0, noiseSeed: 0, bits: null, scale: 1, shift: 0, swap: 'none' };
