/**
 * Autoencoders in one file: LDM's and generative-models' names (github.com/CompVis/latent-diffusion, taming-transformers,
 * black-forest-labs/flux) or diffusers', alone or inside a whole checkpoint. The network is read off the weights' shapes.
 */
import { openTensorFile } from '../../open-tensor-file.js';
import type { TensorFile } from '../../tensor-file.js';
import type { ImportedAutoencoder } from './diffusers/diffusers.js';
import { importWeights } from './imported-weights.js';
import { inferLdmConfig } from './ldm-config.js';
import { findPlace, placeOf } from './prefix.js';

const marks = ['encoder.conv_in.weight', 'decoder.conv_in.weight'] as const;

/** Opens the autoencoder of a .ckpt, .pt, .pth or .safetensors file. */
export async function readLdmAutoencoder(path: string): Promise<ImportedAutoencoder> {
  const file = await openTensorFile(path);
  try {
    const { prefix, notes } = placeOf(file, marks);
    const levels = countLevels(file, prefix);
    const weights = await importWeights(path, [file], (name) => {
      return name.startsWith(prefix) ? diffusersName(name.slice(prefix.length), levels) : undefined;
    });
    const scalingFactor = await readScalingFactor(file);
    const config = { ...inferLdmConfig(weights.shapes, path), scalingFactor };
    const warnings = [...(file.notes ?? []), ...notes, ...oddities(path, weights.unused, scalingFactor)];
    return { config, warnings, weights };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether the file holds an autoencoder that `readLdmAutoencoder` understands, or a half of one. */
export const holdsLdmAutoencoder = (file: Pick<TensorFile, 'path' | 'entries'>): boolean =>
  findPlace(file, marks) !== undefined;

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
  if (!/^((encoder|decoder|quant_conv|post_quant_conv)\.|quantize\.embedding\.weight$)/.test(name)) return undefined;
  // LDM counts the decoder's levels from the highest resolution, diffusers in the order in which they run.
  const reversed = name.replace(
    /^decoder\.up\.(\d+)\./,
    (_, level: string) => `decoder.up.${levels - 1 - Number(level)}.`,
  );
  return renamings.reduce((renamed, [pattern, replacement]) => renamed.replace(pattern, replacement), reversed);
}

function countLevels(file: TensorFile, prefix: string): number {
  const levels = [...file.entries.keys()].flatMap((name) => {
    const match = name.slice(prefix.length).match(/^(?:encoder\.down|decoder\.up)(?:_blocks)?\.(\d+)\./);
    return name.startsWith(prefix) && match ? [Number(match[1])] : [];
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

function oddities(path: string, unused: readonly string[], scalingFactor: number | null): string[] {
  const others = unused.filter((name) => name !== 'scale_factor');
  const parts = [...new Set(others.map((name) => name.split('.')[0]))];
  return [
    ...(scalingFactor === null ? [`${path} does not tell its scaling factor: measure it or give it.`] : []),
    ...(parts.length === 0 ? [] : [`${path}: left out ${others.length} tensors of other parts (${parts.join(', ')}).`]),
  ];
}
