/** How the layers of Wan's autoencoders are called by its own project (github.com/Wan-Video/Wan2.1, vae.py): as diffusers does. */

/** Applied one after the other. Residual blocks number their layers, those without weights too. */
const renamings: readonly (readonly [RegExp, string])[] = [
  [/^conv1\./, 'quant_conv.'],
  [/^conv2\./, 'post_quant_conv.'],
  [/^(encoder|decoder)\.conv1\./, '$1.conv_in.'],
  [/^(encoder|decoder)\.head\.0\./, '$1.norm_out.'],
  [/^(encoder|decoder)\.head\.2\./, '$1.conv_out.'],
  [/\.middle\.0\./, '.mid_block.resnets.0.'],
  [/\.middle\.1\./, '.mid_block.attentions.0.'],
  [/\.middle\.2\./, '.mid_block.resnets.1.'],
  [/\.residual\.0\./, '.norm1.'],
  [/\.residual\.2\./, '.conv1.'],
  [/\.residual\.3\./, '.norm2.'],
  [/\.residual\.6\./, '.conv2.'],
  [/\.shortcut\./, '.conv_shortcut.'],
  // Wan 2.2 gathers the layers of a level.
  [/^encoder\.downsamples\.(\d+)\.downsamples\.\d+\.(resample|time_conv)\./, 'encoder.down_blocks.$1.downsampler.$2.'],
  [/^encoder\.downsamples\.(\d+)\.downsamples\.(\d+)\./, 'encoder.down_blocks.$1.resnets.$2.'],
  [/^decoder\.upsamples\.(\d+)\.upsamples\.\d+\.(resample|time_conv)\./, 'decoder.up_blocks.$1.upsampler.$2.'],
  [/^decoder\.upsamples\.(\d+)\.upsamples\.(\d+)\./, 'decoder.up_blocks.$1.resnets.$2.'],
  // Wan 2.1 numbers all layers of a half, and diffusers those of its encoder.
  [/^encoder\.downsamples\./, 'encoder.down_blocks.'],
];

/**
 * Diffusers' names of what a file holds, by the names of either.
 *
 * @param names all of the autoencoder's, without prefix
 */
export function wanNaming(names: readonly string[]): (name: string) => string {
  const doublings = names.flatMap((name) => name.match(/^decoder\.upsamples\.(\d+)\.resample\./)?.[1] ?? []);
  // Wan 2.1's decoder: a level ends with the layer that doubles the sides, and the last level has none.
  const perLevel = doublings.length === 0 ? names.length : Math.min(...doublings.map(Number)) + 1;
  return (name) => {
    const renamed = renamings.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), name);
    return renamed.replace(/^decoder\.upsamples\.(\d+)\./, (_, number: string) => {
      const [level, layer] = [Math.floor(Number(number) / perLevel), Number(number) % perLevel];
      return `decoder.up_blocks.${level}.${layer === perLevel - 1 ? 'upsamplers.0' : `resnets.${layer}`}.`;
    });
  };
}
