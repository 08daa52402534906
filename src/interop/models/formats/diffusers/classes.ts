/** The classes of diffusers that open here: what is read of their config.json and of their weights' names. */
import { type ModelConfig, posteriorKindOf } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import type { TensorFile } from '../../../tensor-file.js';
import { flux2Statistics, isFlux2Statistic } from '../flux2-statistics.js';
import { fromAsymmetricConfig, toAsymmetricConfig } from './asymmetric.js';
import { fromDiffusersConfig, toDiffusersConfig } from './config.js';
import { fromDcConfig, toDcConfig } from './dc.js';
import { currentName } from './former-names.js';
import { fromVideoConfig, toVideoConfig } from './video.js';
import { fromVqConfig, toVqConfig } from './vq.js';

export interface DiffusersClass {
  /** Our config, and a sentence for everything that has no effect here. */
  read(json: unknown, path: string): { config: ModelConfig; warnings: string[] };
  /** Our name of a weight, or undefined for one that is no part of the network. Default: the same. */
  rename?(name: string): string | undefined;
  /** The config with what the weights tell of it. */
  complete?(config: ModelConfig, files: readonly TensorFile[]): Promise<ModelConfig>;
}

/** What a batch normalisation counts, and no network uses. */
export const countedBatches = '.num_batches_tracked';

const classes: Readonly<Record<string, DiffusersClass>> = {
  AutoencoderKL: { read: fromDiffusersConfig, rename: currentName },
  AutoencoderKLFlux2: {
    read: fromDiffusersConfig,
    rename: (name) => (isFlux2Statistic(name) ? undefined : currentName(name)),
    complete: flux2Statistics,
  },
  AsymmetricAutoencoderKL: { read: fromAsymmetricConfig, rename: currentName },
  AutoencoderDC: { read: fromDcConfig, rename: (name) => (name.endsWith(countedBatches) ? undefined : name) },
  VQModel: { read: fromVqConfig, rename: currentName },
  AutoencoderKLWan: { read: fromVideoConfig },
  AutoencoderKLQwenImage: { read: fromVideoConfig },
};

/** Classes that are no networks of an image alone, and what to do instead. */
const others: Readonly<Record<string, string>> = {
  ConsistencyDecoderVAE:
    'its decoder is a diffusion model, which does not run here: take the AutoencoderKL it was made for',
};

export const knownClasses: readonly string[] = [...Object.keys(classes), 'AutoencoderTiny'];

/** @throws UserError that names the known classes */
export function diffusersClass(name: unknown, path: string): DiffusersClass {
  const known = Object.hasOwn(classes, String(name)) ? classes[String(name)] : undefined;
  if (known !== undefined) return known;
  const remedy = others[String(name)] ?? `wanted one of ${knownClasses.join(', ')}`;
  throw new UserError(`${path} is of ${JSON.stringify(name)}, which is not known here: ${remedy}.`);
}

/** The config.json of a class that takes a network of ours. @throws UserError where there is none */
export function diffusersConfigOf(config: ModelConfig): Record<string, unknown> {
  if (config.latent === 'deep-compression') return toDcConfig(config);
  if (config.latent === 'causal-video') return toVideoConfig(config);
  if (config.latent === 'spatial' && config.stem === undefined) {
    if (config.maskCondition) return toAsymmetricConfig(config);
    if (config.posterior === 'quantized' && config.codeChoice === undefined) return toVqConfig(config);
    if (config.posterior === 'gaussian') return toDiffusersConfig(config);
  }
  throw new UserError(`diffusers has no class for ${kindOf(config)}: export it as onnx or as a tokenizer.`);
}

function kindOf(config: ModelConfig): string {
  if (config.latent !== 'spatial') return `a model whose latent is ${config.latent}`;
  if (config.stem !== undefined) return 'a network with a stem';
  return config.codeChoice ? 'codes that a projection chooses' : `a latent that is ${posteriorKindOf(config)}`;
}
