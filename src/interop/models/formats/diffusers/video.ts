/** The config.json of diffusers' AutoencoderKLWan and AutoencoderKLQwenImage, and ours, each as the other. */
import { z } from 'zod';
import {
  decoderHalf,
  encoderHalf,
  type VideoHalf,
  type VideoShortcut,
} from '../../../../autoencoder/causal-video/levels.js';
import { type CausalVideoConfig, modelConfigSchema } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import { parse } from '../../../../parse.js';
import { wan21 } from '../wan/published-latents.js';
import { count, unknownKeys } from './kl-fields.js';

/** The constructors' arguments with their defaults (autoencoder_kl_wan.py and autoencoder_kl_qwenimage.py, 0.40). */
const sharedFields = {
  base_dim: count.default(96),
  z_dim: count.default(16),
  dim_mult: z.array(count).min(1).max(16).default([1, 2, 4, 4]),
  num_res_blocks: count.max(64).default(2),
  attn_scales: z.array(z.number()).default([]),
  temperal_downsample: z.array(z.boolean()).max(16).default([false, true, true]),
  dropout: z.number().default(0),
  latents_mean: z.array(z.number()).default(wan21.latentsMean),
  latents_std: z.array(z.number().positive()).default(wan21.latentsStd),
};

const qwenImageSchema = z.object({
  ...sharedFields,
  _class_name: z.literal('AutoencoderKLQwenImage'),
  input_channels: count.default(3),
});

const wanSchema = z.object({
  ...sharedFields,
  _class_name: z.literal('AutoencoderKLWan'),
  decoder_base_dim: count.nullable().default(null),
  is_residual: z.boolean().default(false),
  in_channels: count.default(3),
  out_channels: count.default(3),
  patch_size: count.nullable().default(null),
  scale_factor_temporal: count.nullable().default(4),
  scale_factor_spatial: count.nullable().default(8),
});

const schema = z.discriminatedUnion('_class_name', [wanSchema, qwenImageSchema]);
type Theirs = z.infer<typeof schema>;

/** @param path of the file, for messages */
export function fromVideoConfig(json: unknown, path: string): { config: CausalVideoConfig; warnings: string[] } {
  const theirs = parse(schema, json, path);
  const ours = {
    latent: 'causal-video',
    latentChannels: theirs.z_dim,
    baseChannels: theirs.base_dim,
    channelMultipliers: theirs.dim_mult,
    layersPerBlock: theirs.num_res_blocks,
    attentionScales: theirs.attn_scales,
    temporalDownsampling: theirs.temperal_downsample,
    ...ofMaker(theirs, path),
    scalingFactor: 1,
    latentsMean: theirs.latents_mean,
    latentsStd: theirs.latents_std,
  };
  const config = parse(modelConfigSchema, ours, path) as CausalVideoConfig;
  assertSoundVideo(config, path);
  return { config, warnings: [...unknownKeys(json, theirs, path), oneFrameNote(path)] };
}

/** What is said of every network for videos. */
export const oneFrameNote = (path: string): string =>
  `${path}: this network is for videos. An image is a video of one frame to it, of which its convolutions over frames see ` +
  'their last slice alone; layers that join frames compute nothing here, and an export has them as they were.';

function ofMaker(theirs: Theirs, path: string) {
  const carried = theirs.dropout === 0 ? {} : { dropout: theirs.dropout };
  if (theirs._class_name === 'AutoencoderKLQwenImage') {
    const passedOn = Object.keys(carried).length > 0 && { passedOn: carried };
    return { maker: 'Qwen-Image', inChannels: theirs.input_channels, shortcuts: false, ...passedOn };
  }
  const { in_channels: inside, out_channels: outside, patch_size: patchSize } = theirs;
  const area = (patchSize ?? 1) ** 2;
  if (inside !== outside || inside % area !== 0) {
    const got = `${inside} in_channels, ${outside} out_channels and patch_size ${patchSize}`;
    throw new UserError(`${path}: got ${got}, wanted as many channels of squares on both sides.`);
  }
  return {
    maker: 'Wan',
    inChannels: inside / area,
    ...(patchSize !== null && { patchSize }),
    ...(theirs.decoder_base_dim !== null && { decoderBaseChannels: theirs.decoder_base_dim }),
    shortcuts: theirs.is_residual,
    passedOn: {
      ...carried,
      scaleFactorTemporal: theirs.scale_factor_temporal,
      scaleFactorSpatial: theirs.scale_factor_spatial,
    },
  };
}

/** Throws unless every level is told of, and channels divide as levels and shortcuts want. */
export function assertSoundVideo(config: CausalVideoConfig, path: string): void {
  const { channelMultipliers, temporalDownsampling, latentChannels, latentsMean, latentsStd } = config;
  const between = channelMultipliers.length - 1;
  if (temporalDownsampling.length < between)
    throw new UserError(`${path}: got ${temporalDownsampling.length} temperal_downsample, wanted ${between}.`);
  for (const statistic of [latentsMean, latentsStd]) {
    if (statistic !== null && statistic.length !== latentChannels)
      throw new UserError(`${path}: got ${statistic.length} latents_mean or latents_std, wanted ${latentChannels}.`);
  }
  const factorOf = ({ factor, frames }: VideoShortcut) => frames * factor ** 2;
  const averages = (way: VideoShortcut) => (way.inChannels * factorOf(way)) % way.outChannels === 0;
  const copies = (way: VideoShortcut) => (way.outChannels * factorOf(way)) % way.inChannels === 0;
  const fits = ({ levels }: VideoHalf, divides: typeof averages) =>
    levels.every(({ layers, shortcut }) => {
      return (shortcut === undefined || divides(shortcut)) && layers.every(({ outChannels }) => outChannels > 0);
    });
  const sound = fits(encoderHalf(config), averages) && fits(decoderHalf(config), copies);
  if (!sound) throw new UserError(`${path}: got channels (base_dim, dim_mult) whose groups do not divide.`);
}

export function toVideoConfig(config: CausalVideoConfig): Record<string, unknown> {
  const { latentChannels, passedOn, patchSize, inChannels } = config;
  const shared = {
    base_dim: config.baseChannels,
    z_dim: latentChannels,
    dim_mult: config.channelMultipliers,
    num_res_blocks: config.layersPerBlock,
    attn_scales: config.attentionScales,
    temperal_downsample: config.temporalDownsampling,
    dropout: passedOn?.dropout ?? 0,
    latents_mean: config.latentsMean ?? new Array<number>(latentChannels).fill(0),
    latents_std: config.latentsStd ?? new Array<number>(latentChannels).fill(1),
  };
  if (config.maker === 'Qwen-Image')
    return { _class_name: 'AutoencoderKLQwenImage', ...shared, input_channels: inChannels };
  const channels = inChannels * (patchSize ?? 1) ** 2;
  return {
    _class_name: 'AutoencoderKLWan',
    ...shared,
    decoder_base_dim: config.decoderBaseChannels ?? null,
    is_residual: config.shortcuts,
    in_channels: channels,
    out_channels: channels,
    patch_size: patchSize ?? null,
    scale_factor_temporal: passedOn?.scaleFactorTemporal ?? null,
    scale_factor_spatial: passedOn?.scaleFactorSpatial ?? null,
  };
}
