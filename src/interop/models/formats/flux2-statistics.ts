/**
 * The batch normalisation of FLUX.2's latents (diffusers' AutoencoderKLFlux2): mean and variance of every channel, once squares
 * of 2×2 positions are channels. The VAE itself does not use them; diffusion sees (latent - mean) / sqrt(variance + epsilon).
 */
import type { ModelConfig, SpatialModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import type { TensorFile } from '../../tensor-file.js';

const [meanName, varianceName, countName] = ['bn.running_mean', 'bn.running_var', 'bn.num_batches_tracked'] as const;

export const isFlux2Statistic = (name: string): boolean => [meanName, varianceName, countName].includes(name as never);

/** Of a file without config.json that holds FLUX.2's autoencoder. */
export const flux2Mark = meanName;

/** What the published network has (black-forest-labs/flux2, autoencoder.py), which a file without config.json does not tell. */
const published = { size: 2, epsilon: 1e-4, momentum: 0.1 };

/** The config of an autoencoder of LDM's blocks whose file has FLUX.2's statistics under `prefix`. */
export async function completeFlux2(
  config: SpatialModelConfig,
  file: TensorFile,
  prefix: string,
): Promise<ModelConfig> {
  const latentChannels = config.latentChannels * published.size ** 2;
  const patched = { ...config, latentChannels, latentPatch: published, scalingFactor: 1 };
  return flux2Statistics(patched, [file], prefix);
}

/** The config with mean and deviation of its latents, as the files tell. */
export async function flux2Statistics(
  config: ModelConfig,
  files: readonly TensorFile[],
  prefix = '',
): Promise<ModelConfig> {
  const { latentPatch, latentChannels } = config as SpatialModelConfig;
  const read = async (statistic: string) => {
    const name = prefix + statistic;
    const file = files.find(({ entries }) => entries.has(name));
    if (file === undefined) return undefined;
    const values = await file.readFloat32(name);
    if (values.length === latentChannels && values.every(Number.isFinite)) return [...values];
    throw new UserError(`${name} in ${file.path}: got ${values.length} numbers, wanted ${latentChannels} finite ones.`);
  };
  const [mean, variance] = [await read(meanName), await read(varianceName)];
  if (mean === undefined || variance === undefined || latentPatch === undefined) return config;
  const latentsStd = variance.map((value) => Math.sqrt(value + latentPatch.epsilon));
  if (latentsStd.every((value) => value > 0)) return { ...config, latentsMean: mean, latentsStd } as ModelConfig;
  throw new UserError(`${varianceName} holds negative numbers: get or export it again.`);
}

/** The tensors that tell mean and deviation of its latents, in PyTorch's layout; as of a fresh network where nobody knows them. */
export function flux2Tensors({ latentPatch, latentChannels, latentsMean, latentsStd }: SpatialModelConfig) {
  if (latentPatch === undefined) return [];
  const mean = latentsMean ?? new Array<number>(latentChannels).fill(0);
  const variance = latentsStd?.map((std) => std ** 2 - latentPatch.epsilon) ?? mean.map(() => 1);
  const tensor = (name: string, values: readonly number[]) => {
    return { name, dtype: 'F32' as const, shape: [latentChannels], data: Float32Array.from(values) };
  };
  const count = { name: countName, dtype: 'I64' as const, shape: [], data: new BigInt64Array(1) };
  return [tensor(meanName, mean), tensor(varianceName, variance), count];
}
