/** What a training starts from: weights drawn from the seed, or a model to train further. */
import { type Autoencoder, createAutoencoder } from '../../autoencoder/autoencoder.js';
import { assertWhole } from '../../autoencoder/halves.js';
import { hasVectorLatent, type ModelConfig, type TrainOptions, withoutScaling } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { openImportedModel } from '../../interop/models/open-model.js';
import { loadWeights } from '../../interop/models/weight-initializer.js';

/**
 * The network of `--from`, or undefined where training starts afresh. Its scaling is left out, as new weights make new latents,
 * unless the encoder stays.
 *
 * @throws UserError for a model that cannot be read or that takes no images of `size`
 */
export async function pretrainedConfig({ from, size, decoderOnly }: TrainOptions): Promise<ModelConfig | undefined> {
  if (from === undefined) return undefined;
  const { config, weights } = await openImportedModel(from);
  await weights.close();
  assertWhole(config);
  if (!hasVectorLatent(config)) return { ...(decoderOnly ? config : withoutScaling(config)), imageSize: size };
  if (config.imageSize === size) return config;
  throw new UserError(`${from} takes images of ${config.imageSize} px alone, got --size ${size}: pass that size.`);
}

/** The network of a run before its first step. */
export async function startingModel(
  config: ModelConfig,
  from: string | undefined,
  { seed, gradientCheckpointing: checkpointing }: Pick<TrainOptions, 'seed' | 'gradientCheckpointing'>,
): Promise<Autoencoder> {
  if (from === undefined) return createAutoencoder(config, { seed }, { checkpointing });
  const { weights: opened } = await openImportedModel(from);
  await using weights = opened;
  const loaded = await loadWeights(from, weights);
  const network = createAutoencoder(config, { weights: loaded.initializer }, { checkpointing });
  loaded.assertAllUsed();
  return network;
}
