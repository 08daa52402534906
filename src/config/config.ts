/**
 * Every option of the project, with its default, unit and range. Types, command-line flags, `--help` and config.json all come
 * from the schemas of this folder. A field's `meta` may name its `unit` (shown in help).
 */
export * from './networks/denoiser.js';
export * from './networks/model.js';
export {
  modelConfigSchema,
  posteriorKinds,
} from './networks/model-schema.js';
export * from './networks/presets.js';
export * from './networks/scaling.js';
export * from './objective.js';
export * from './options/diffusion-options.js';
export * from './options/engine-options.js';
export * from './options/evaluation-options.js';
export * from './options/image-options.js';
export * from './options/latent-options.js';
export * from './options/objective-options.js';
export * from './options/train-options.js';
export * from './run-config.js';
