/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */

/** What trained networks measure. */
export interface FeatureOptions {
  /** Network of the perceptual distance. Default: "builtin". */
  perceptual: 'builtin' | 'lpips-vgg' | 'lpips-alex' | 'lpips-squeeze';
  /** Measure perceptual and Fréchet distance. Default: true. */
  features: boolean;
}

/** How the bound on log p(x) is estimated. */
export interface BoundOptions {
  /** Estimate how probable a model finds images: ELBO and IWAE bounds. Default: false. */
  bound: boolean;
  /** Draws per image of the importance-weighted bounds, separated by commas. */
  importanceSamples: number[];
  /** How many of the images the bound is of, evenly chosen (images). Default: 8. */
  boundImages: number;
  /** Of p(x|z) = N(decoded, sigma² I), in units of images in [-1, 1]. Default: 0.5. */
  sigma: number;
}

/** How a latent space is looked at. */
export interface LatentSpaceOptions {
  /** Add t-SNE, UMAP, walks between images and samples of the prior. Default: false. */
  latentSpace: boolean;
  /** How many of the images are projected, evenly chosen; time grows with their square (images). Default: 256. */
  latentImages: number;
}
