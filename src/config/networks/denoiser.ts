/** The networks of latent diffusion: what describes one, and the presets that name some. */
import { z } from 'zod';
import { channelCount, layerCount, perLevel } from './sizes.js';

// ---------------------------------------------------------------- networks

const denoiserShape = {
  /** [h, w, Z] of a latent. */
  latentShape: z.tuple([channelCount, channelCount, channelCount]),
  /** Names of the classes it can be told; none for latents without labels. */
  classes: z.array(z.string()),
};

const ditSchema = z
  .strictObject({
    /** A transformer. */
    backbone: z.literal('dit'),
    ...denoiserShape,
    /** Numbers of a token. */
    width: channelCount,
    /** Blocks. */
    depth: layerCount,
    /** Heads of attention. */
    heads: channelCount,
    /** Side of the squares of a latent that make one token. */
    patch: channelCount,
  })
  .refine(({ width, heads }) => width % (4 * heads) === 0, {
    path: ['width'],
    message: 'wanted a multiple of 4 · heads',
  })
  .refine(({ latentShape: [height, width], patch }) => height % patch === 0 && width % patch === 0, {
    path: ['patch'],
    message: 'wanted a number that divides the sides of the latent',
  });

const unetSchema = z.strictObject({
  /** A convolutional U-Net. */
  backbone: z.literal('unet'),
  ...denoiserShape,
  /** Channels per resolution, from the latent's own on. */
  channels: perLevel(channelCount),
  /** Residual blocks per resolution, each way. */
  blocks: layerCount,
  /** Groups of each group normalisation. */
  normGroups: channelCount,
});

const mlpSchema = z.strictObject({
  /** Dense layers. */
  backbone: z.literal('mlp'),
  ...denoiserShape,
  /** Numbers of a layer. */
  width: channelCount,
  /** Residual layers. */
  depth: layerCount,
});

/** Checks the configuration of a denoiser. */
export const denoiserConfigSchema = z.discriminatedUnion('backbone', [ditSchema, unetSchema, mlpSchema]);
/** The network of a diffusion model: a transformer, a U-Net or, for vectors, dense layers. */
export type DenoiserConfig = z.infer<typeof denoiserConfigSchema>;
/** A transformer on patches of the latent (DiT, Peebles and Xie, arXiv 2212.09748). */
export type DitConfig = z.infer<typeof ditSchema>;
/** A convolutional U-Net (Ho et al., arXiv 2006.11239; Dhariwal and Nichol, arXiv 2105.05233). */
export type UnetConfig = z.infer<typeof unetSchema>;
/** Residual dense layers, for latents that are one vector. */
export type MlpConfig = z.infer<typeof mlpSchema>;
/** [h, w, Z] of the latents that a denoiser takes. */
export type LatentShape = DenoiserConfig['latentShape'];

/** The network of a preset for latents of [h, w, Z]. */
export type NetworkFor = (
  shape: LatentShape,
) => Record<string, unknown> & { readonly backbone: DenoiserConfig['backbone'] };

/** At most `tokens` where that can be had with patches of at most 4: attention costs their square. */
function patchOf([height, width]: LatentShape, tokens: number): number {
  const candidates = [1, 2, 4].filter((patch) => height % patch === 0 && width % patch === 0);
  return candidates.find((patch) => (height * width) / patch ** 2 <= tokens) ?? (candidates.at(-1) as number);
}

/** Halves the latent until its side is 4 (or odd). */
function unetLevels([height, width]: LatentShape, widths: readonly number[]): number[] {
  const channels = [widths[0] as number];
  for (let [h, w] = [height, width]; Math.min(h, w) > 4 && h % 2 === 0 && w % 2 === 0; [h, w] = [h / 2, w / 2]) {
    channels.push(widths[Math.min(channels.length, widths.length - 1)] as number);
  }
  return channels;
}

const dit =
  (width: number, depth: number, heads: number, tokens = 64): NetworkFor =>
  (shape) => ({ backbone: 'dit', width, depth, heads, patch: patchOf(shape, tokens) });

const unet =
  (widths: readonly number[], blocks: number): NetworkFor =>
  (shape) => ({ backbone: 'unet', channels: unetLevels(shape, widths), blocks, normGroups: 16 });

const mlp =
  (width: number, depth: number): NetworkFor =>
  () => ({ backbone: 'mlp', width, depth });

interface DenoiserPreset {
  readonly summary: string;
  readonly network: NetworkFor;
}

/** The denoisers that have a name, each as a function of the latent's shape. */
export const denoiserPresets = {
  'unet-tiny': { summary: 'convolutional U-Net, for grids and few images', network: unet([64, 128], 2) },
  'dit-nano': {
    summary: 'transformer, 128 wide and 4 deep, of few tokens: for half a minute',
    network: dit(128, 4, 4, 16),
  },
  'dit-tiny': { summary: 'transformer, 128 wide and 6 deep', network: dit(128, 6, 4) },
  'dit-small': { summary: 'transformer, 384 wide and 12 deep: the size S of DiT', network: dit(384, 12, 6) },
  'mlp-tiny': { summary: 'residual perceptron, for latents that are one vector', network: mlp(512, 4) },
} as const satisfies Record<string, DenoiserPreset>;
/** The name of a denoiser. */
export type DenoiserPresetName = keyof typeof denoiserPresets;
/** The names of all denoisers. */
export const denoiserPresetNames = Object.keys(denoiserPresets) as [DenoiserPresetName, ...DenoiserPresetName[]];

/** Convolutions and attention want positions, of which a vector has one. */
export const defaultDenoiser = ([height, width]: LatentShape): DenoiserPresetName =>
  height * width === 1 ? 'mlp-tiny' : 'unet-tiny';

/**
 * The configuration of a preset for latents of [h, w, Z], told one of `classes`; none for an unconditional model.
 */
export function denoiserConfigOf(
  preset: DenoiserPresetName,
  latentShape: LatentShape,
  classes: readonly string[],
): DenoiserConfig {
  return denoiserConfigSchema.parse({ latentShape, classes, ...denoiserPresets[preset].network(latentShape) });
}
