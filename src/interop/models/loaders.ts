/** Which projects load a model's files as they are. */
import type { ModelConfig, SpatialModelConfig } from '../../config/config.js';
import type { ModelOrigin } from './open-model.js';

export function loaderOf(origin: ModelOrigin, config: ModelConfig): string {
  const [maker, className] = origin.split(' ');
  if (origin === 'diffusers weights') return 'diffusers, with a config.json beside it: export writes both';
  if (maker === 'diffusers') return `diffusers.${className}.from_pretrained`;
  if (maker === 'latent-vae') return 'latent-vae alone; export writes it for others';
  if (maker === 'TAESD') return 'madebyollin/taesd, ComfyUI';
  if (maker === 'Wan') return 'Wan-Video (Wan2.1, Wan2.2), ComfyUI';
  return loadersOfLdm(config as SpatialModelConfig);
}

function loadersOfLdm({ posterior, codeChoice, latentPatch, useQuantConv }: SpatialModelConfig): string {
  if (codeChoice !== undefined) return 'CompVis/taming-transformers (GumbelVQ)';
  if (posterior === 'quantized') return 'CompVis/taming-transformers and latent-diffusion (VQModel)';
  if (latentPatch !== undefined) return 'black-forest-labs/flux2, ComfyUI';
  if (!useQuantConv) return 'black-forest-labs/flux, generative-models, ComfyUI';
  return 'CompVis/latent-diffusion, generative-models, ComfyUI';
}
