/**
 * Every option of the project, with its default, unit and range. Types, command-line flags, `--help` and config.json all come
 * from the schemas of this folder. A field's `meta` may name its `unit` (shown in help).
 */
export * from './denoiser.js';
export * from './diffusion-options.js';
export * from './engine-options.js';
export * from './evaluation-options.js';
export * from './image-options.js';
export * from './latent-options.js';
export * from './model.js';
export * from './objective.js';
export * from './objective-options.js';
export * from './presets.js';
export * from './run-config.js';
export * from './scaling.js';
export * from './train-options.js';
