/** The names that Wan's own files have, for tests that make such files. */

/** Names of diffusers as Wan's project has them, of networks with one residual block a level. */
export function toWanName(nested: boolean): (name: string) => string {
  const inside = { norm1: 'residual.0', conv1: 'residual.2', norm2: 'residual.3', conv2: 'residual.6' } as const;
  const middle = { 'resnets.0': '0', 'attentions.0': '1', 'resnets.1': '2' } as const;
  return (name) =>
    name
      .replace(/\.(norm1|conv1|norm2|conv2)\./, (_, part: keyof typeof inside) => `.${inside[part]}.`)
      .replace('.conv_shortcut.', '.shortcut.')
      .replace(/^quant_conv/, 'conv1')
      .replace(/^post_quant_conv/, 'conv2')
      .replace('.conv_in.', '.conv1.')
      .replace('.norm_out.', '.head.0.')
      .replace('.conv_out.', '.head.2.')
      .replace(/mid_block\.(resnets\.\d|attentions\.0)/, (_, part: keyof typeof middle) => `middle.${middle[part]}`)
      .replace(/down_blocks\.(\d+)\.resnets\.(\d+)/, 'downsamples.$1.downsamples.$2')
      .replace(/down_blocks\.(\d+)\.downsampler/, 'downsamples.$1.downsamples.1')
      .replace('down_blocks.', 'downsamples.')
      .replace(/up_blocks\.(\d+)\.resnets\.(\d+)/, (_, level: string, layer: string) =>
        nested ? `upsamples.${level}.upsamples.${layer}` : `upsamples.${3 * Number(level) + Number(layer)}`,
      )
      .replace(/up_blocks\.(\d+)\.upsampler\./, 'upsamples.$1.upsamples.2.')
      .replace(/up_blocks\.(\d+)\.upsamplers\.0/, (_, level: string) => `upsamples.${3 * Number(level) + 2}`);
}
