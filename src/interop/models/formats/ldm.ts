/**
 * Autoencoders in one file: LDM's and generative-models' names (github.com/CompVis/latent-diffusion, black-forest-labs/flux)
 * or diffusers', alone or inside a whole checkpoint. The network's shape is read off the weights' shapes.
 */
import { modelConfigSchema, type SpatialModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import { parse } from '../../../parse.js';
import { openTensorFile } from '../../open-tensor-file.js';
import type { TensorFile } from '../../tensor-file.js';
import type { ImportedAutoencoder } from './diffusers.js';
import { importWeights } from './imported-weights.js';

/** Where whole checkpoints keep the autoencoder. */
const prefixes = ['first_stage_model.', 'vae.', ''];

/** The group size that LDM writes into its code, so that no file tells it. */
const ldmNormGroups = 32;

/** Opens the autoencoder of a .ckpt, .pt, .pth or .safetensors file. */
export async function readLdmAutoencoder(path: string): Promise<ImportedAutoencoder> {
  const file = await openTensorFile(path);
  try {
    const prefix = findPrefix(file);
    const levels = countLevels(file, prefix);
    const weights = await importWeights(path, [file], (name) => {
      return name.startsWith(prefix) ? diffusersName(name.slice(prefix.length), levels) : undefined;
    });
    const scalingFactor = await readScalingFactor(file);
    const config = { ...inferConfig(weights.shapes, path), scalingFactor };
    return { config, warnings: oddities(path, weights.unused, scalingFactor), weights };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether the file holds an autoencoder that `readLdmAutoencoder` understands. */
export function holdsLdmAutoencoder({ entries }: Pick<TensorFile, 'entries'>): boolean {
  return prefixes.some((prefix) => entries.has(`${prefix}encoder.conv_in.weight`));
}

function findPrefix(file: TensorFile): string {
  const prefix = prefixes.find((candidate) => file.entries.has(`${candidate}encoder.conv_in.weight`));
  if (prefix !== undefined) return prefix;
  throw new UserError(
    `${file.path} holds no autoencoder: wanted a tensor encoder.conv_in.weight, with or without prefix.`,
  );
}

/** How LDM's blocks and layers are called here, applied one after the other. */
const renamings: readonly (readonly [RegExp, string])[] = [
  [/\.down\.(\d+)\.block\.(\d+)\./, '.down_blocks.$1.resnets.$2.'],
  [/\.down\.(\d+)\.attn\.(\d+)\./, '.down_blocks.$1.attentions.$2.'],
  [/\.down\.(\d+)\.downsample\./, '.down_blocks.$1.downsamplers.0.'],
  [/\.up\.(\d+)\.block\.(\d+)\./, '.up_blocks.$1.resnets.$2.'],
  [/\.up\.(\d+)\.attn\.(\d+)\./, '.up_blocks.$1.attentions.$2.'],
  [/\.up\.(\d+)\.upsample\./, '.up_blocks.$1.upsamplers.0.'],
  [/\.mid\.block_1\./, '.mid_block.resnets.0.'],
  [/\.mid\.block_2\./, '.mid_block.resnets.1.'],
  [/\.mid\.attn_1\./, '.mid_block.attentions.0.'],
  [/(\.attentions\.\d+\.)norm\./, '$1group_norm.'],
  [/(\.attentions\.\d+\.)(q|k|v)\./, '$1to_$2.'],
  [/(\.attentions\.\d+\.)proj_out\./, '$1to_out.0.'],
  [/\.nin_shortcut\./, '.conv_shortcut.'],
  [/^(encoder|decoder)\.norm_out\./, '$1.conv_norm_out.'],
];

/** diffusers' name of a weight of the autoencoder, or undefined for other parts such as the discriminator. */
export function diffusersName(name: string, levels: number): string | undefined {
  if (!/^(encoder|decoder|quant_conv|post_quant_conv)\./.test(name)) return undefined;
  // LDM counts the decoder's levels from the highest resolution, diffusers in the order in which they run.
  const reversed = name.replace(
    /^decoder\.up\.(\d+)\./,
    (_, level: string) => `decoder.up.${levels - 1 - Number(level)}.`,
  );
  return renamings.reduce((renamed, [pattern, replacement]) => renamed.replace(pattern, replacement), reversed);
}

function countLevels(file: TensorFile, prefix: string): number {
  const levels = [...file.entries.keys()].flatMap((name) => {
    const match = name.slice(prefix.length).match(/^encoder\.down(?:_blocks)?\.(\d+)\./);
    return match ? [Number(match[1])] : [];
  });
  return levels.reduce((most, level) => Math.max(most, level + 1), 0);
}

/** LDM's `scale_by_std` leaves the factor it measured among the weights. */
async function readScalingFactor(file: TensorFile): Promise<number | null> {
  const entry = file.entries.get('scale_factor');
  if (entry === undefined || entry.shape.some((size) => size !== 1)) return null;
  const [factor = 0] = await file.readFloat32(entry.name);
  return factor > 0 && Number.isFinite(factor) ? factor : null;
}

/** What the network must be for its weights to have these shapes (in tfjs' layout, by diffusers' names). */
function inferConfig(shapes: ReadonlyMap<string, readonly number[]>, path: string): SpatialModelConfig {
  const sizeOf = (name: string, axis: number) => {
    const size = shapes.get(name)?.[axis];
    if (size === undefined)
      throw new UserError(`${path} has no convolution ${name}: it is incomplete or another model.`);
    return size;
  };
  const count = (nameOf: (index: number) => string) => {
    let index = 0;
    while (shapes.has(nameOf(index))) index++;
    return index;
  };
  const firstConv = (level: number) => `encoder.down_blocks.${level}.resnets.0.conv1.weight`;
  const levels = Array.from({ length: count(firstConv) }, (_, level) => level);
  const attention = (level: number) => `encoder.down_blocks.${level}.attentions.0.group_norm.weight`;
  const latentChannels = sizeOf('decoder.conv_in.weight', 2);
  const moments = sizeOf('encoder.conv_out.weight', 3);
  if (moments !== 2 * latentChannels) {
    const got = `${moments} channels of its encoder for ${latentChannels} of its decoder`;
    throw new UserError(`${path}: got ${got}, wanted twice as many: it is no autoencoder with a Gaussian posterior.`);
  }
  const config = {
    latent: 'spatial',
    inChannels: sizeOf('encoder.conv_in.weight', 2),
    imageSize: 256,
    blockOutChannels: levels.map((level) => sizeOf(firstConv(level), 3)),
    layersPerBlock: count((layer) => `encoder.down_blocks.0.resnets.${layer}.conv1.weight`),
    normNumGroups: ldmNormGroups,
    attentionLevels: levels.filter((level) => shapes.has(attention(level))),
    midBlockAttention: shapes.has('encoder.mid_block.attentions.0.group_norm.weight'),
    latentChannels,
    useQuantConv: shapes.has('quant_conv.weight'),
    usePostQuantConv: shapes.has('post_quant_conv.weight'),
  };
  return parse(modelConfigSchema, config, path) as SpatialModelConfig;
}

function oddities(path: string, unused: readonly string[], scalingFactor: number | null): string[] {
  const others = unused.filter((name) => name !== 'scale_factor');
  const parts = [...new Set(others.map((name) => name.split('.')[0]))];
  return [
    ...(scalingFactor === null ? [`${path} does not tell its scaling factor: measure it or give it.`] : []),
    ...(parts.length === 0 ? [] : [`${path}: left out ${others.length} tensors of other parts (${parts.join(', ')}).`]),
  ];
}
