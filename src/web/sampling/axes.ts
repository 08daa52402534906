/** Latents of one picture, from channels last, as training and sampling have them, to channels first, as ONNX files do, and back. */
import type { LatentShape } from '../tokenizer/tokenizer.js';

/** [h, w, Z] -> [Z, h, w] */
export function channelsFirst(latent: Float32Array, { channels, height, width }: LatentShape): Float32Array {
  const positions = height * width;
  return latent.map((_, at) => latent[(at % positions) * channels + Math.floor(at / positions)] as number);
}

/** [Z, h, w] -> [h, w, Z] */
export function channelsLast(latent: Float32Array, { channels, height, width }: LatentShape): Float32Array {
  const positions = height * width;
  return latent.map((_, at) => latent[(at % channels) * positions + Math.floor(at / channels)] as number);
}
