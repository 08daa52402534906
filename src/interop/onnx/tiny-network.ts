/** TAESD's network in ONNX, layer by layer as in src/autoencoder/tiny-autoencoder.ts, which a test holds it to. */
import type { TinyModelConfig } from '../../config/config.js';
import type { LayerWriter } from './layers.js';

/** A latent as mean and logvar; the latter is the least there is. */
export function withoutVariance({ graph }: LayerWriter, latent: string): [string, string] {
  return [latent, graph.node('Expand', [graph.scalar(-30), graph.node('Shape', [latent])])];
}

/** [B, 3, H, W] in [-1, 1] -> a latent [B, Z, h, w] without variance, and its logvar: -30 everywhere. */
export function writeTinyEncoder(writer: LayerWriter, config: TinyModelConfig, images: string): [string, string] {
  const layers = numbered('encoder.layers');
  let x = writer.affine(images, 0.5, 0.5);
  config.encoderBlocks.forEach((blocks, level) => {
    x = writer.conv(layers.next(), x, level === 0 ? {} : { stride: 2 });
    for (let block = 0; block < blocks; block++) x = residualBlock(writer, layers.next(), x);
  });
  return withoutVariance(writer, writer.conv(layers.next(), x));
}

/** [B, Z, h, w] -> [B, 3, H, W] in [-1, 1], not clamped. */
export function writeTinyDecoder(writer: LayerWriter, config: TinyModelConfig, latents: string): string {
  const { graph } = writer;
  const layers = numbered('decoder.layers');
  const bounded = graph.node('Tanh', [writer.affine(latents, 1 / 3, 0)]);
  let x = writer.relu(writer.conv(layers.next(), writer.affine(bounded, 3, 0)));
  layers.next();
  config.decoderBlocks.forEach((blocks, index) => {
    for (let block = 0; block < blocks; block++) x = residualBlock(writer, layers.next(), x);
    if (index === config.decoderBlocks.length - 1) return;
    layers.next();
    x = writer.conv(layers.next(), writer.upsampleNearest2x(x));
  });
  return writer.affine(writer.conv(layers.next(), x), 2, -1);
}

/** Names of layers that are called by their numbers. */
function numbered(prefix: string) {
  let count = 0;
  return { next: () => `${prefix}.${count++}` };
}

function residualBlock(writer: LayerWriter, name: string, x: string): string {
  const pooled = writer.has(`${name}.pool.0.weight`) ? writer.add(x, poolBranch(writer, `${name}.pool`, x)) : x;
  const first = writer.relu(writer.conv(`${name}.conv.0`, pooled));
  const second = writer.relu(writer.conv(`${name}.conv.2`, first));
  return writer.relu(writer.add(writer.conv(`${name}.conv.4`, second), pooled));
}

function poolBranch(writer: LayerWriter, name: string, x: string): string {
  const wide = writer.groupNorm(`${name}.1`, writer.conv(`${name}.0`, x), { groups: 4, epsilon: 1e-5 });
  return writer.conv(`${name}.3`, writer.relu(wide));
}
