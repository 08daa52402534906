/** The linear autoencoder in ONNX, as in src/autoencoder, which a test holds it to. */
import type { LinearModelConfig } from '../../config/config.js';
import type { LayerWriter } from './layers.js';
import { withoutVariance } from './tiny-network.js';

/** [B, C, H, W] -> mean and logvar [B, Z, 1, 1] each. */
export function writeLinearEncoder(writer: LayerWriter, images: string): [string, string] {
  const { graph } = writer;
  const flat = graph.reshape(graph.transpose(images, [0, 2, 3, 1]), [0, -1]); // [B, H·W·C]
  return withoutVariance(writer, graph.reshape(writer.dense('encoder.to_latent', flat), [0, -1, 1, 1]));
}

/** [B, Z, 1, 1] -> [B, C, H, W] */
export function writeLinearDecoder(writer: LayerWriter, { imageSize }: LinearModelConfig, latents: string): string {
  const { graph } = writer;
  const rows = writer.dense('decoder.from_latent', graph.reshape(latents, [0, -1])); // [B, H·W·C]
  return graph.transpose(graph.reshape(rows, [0, imageSize, imageSize, -1]), [0, 3, 1, 2]); // [B, C, H, W]
}
