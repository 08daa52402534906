/** How LDM's blocks and layers are called here: as diffusers calls them. */
import { currentName } from './diffusers/former-names.js';

/** Applied one after the other. */
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
  // FLUX.2's halves have the convolutions around the latent inside.
  [/^(encoder|decoder)\.(quant_conv|post_quant_conv)\./, '$2.'],
  // A codebook whose entries a projection chooses; see `chosenBy` of the model's config.
  [/^quantize\.embed\.weight$/, 'quantize.embedding.weight'],
];

const parts = /^((encoder|decoder|quant_conv|post_quant_conv|quantize\.proj)\.|quantize\.embed(ding)?\.weight$)/;

/** diffusers' name of a weight of the autoencoder, or undefined for other parts such as the discriminator. */
export function diffusersName(name: string, levels: number): string | undefined {
  if (!parts.test(name)) return undefined;
  // LDM counts the decoder's levels from the highest resolution, diffusers in the order in which they run.
  const reversed = name.replace(
    /^decoder\.up\.(\d+)\./,
    (_, level: string) => `decoder.up.${levels - 1 - Number(level)}.`,
  );
  return currentName(
    renamings.reduce((renamed, [pattern, replacement]) => renamed.replace(pattern, replacement), reversed),
  );
}

/** How many resolutions the halves have, by either project's names without prefix. */
export function countLevels(names: readonly string[]): number {
  const levels = names.map((name) => name.match(/^(?:encoder\.down|decoder\.up)(?:_blocks)?\.(\d+)\./)?.[1] ?? -1);
  return Math.max(...levels.map(Number), -1) + 1;
}
