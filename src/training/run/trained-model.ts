/** Models on disk: what every command opens. */
import { type Autoencoder, createAutoencoder } from '../../autoencoder/autoencoder.js';
import type { RunConfig } from '../../config/config.js';
import { encoderSha256Of } from '../../interop/models/fingerprint.js';
import { type ModelOrigin, openImportedModel } from '../../interop/models/open-model.js';
import { loadWeights } from '../../interop/models/weight-initializer.js';

/** A model from disk. */
export interface TrainedModel {
  readonly model: Autoencoder;
  /** What wrote it. */
  readonly origin: ModelOrigin;
  /** How it was trained; absent where another project did. */
  readonly run?: RunConfig;
  /** Where it was read from, as given. */
  readonly path: string;
  /** Tells which encoder made a latent; see `encoderSha256Of`. */
  readonly sha256: string;
}

/**
 * Opens a model for the current engine: a run folder, a folder that `import` made, or another project's (see
 * `openImportedModel`).
 *
 * @throws UserError where there is no model, none yet, or config and weights do not fit each other
 */
export async function openModel(path: string): Promise<TrainedModel> {
  const { origin, config, run, weights: opened } = await openImportedModel(path);
  await using weights = opened;
  const sha256 = await encoderSha256Of({ ...(run && { run }), weights });
  const loaded = await loadWeights(path, weights);
  const model = createAutoencoder(config, { weights: loaded.initializer });
  loaded.assertAllUsed();
  return { model, origin, ...(run && { run }), path, sha256 };
}
