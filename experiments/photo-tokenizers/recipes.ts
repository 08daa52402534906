/** How the tokenizers that come with the package are trained: the options of `latent-vae train`, stage after stage. */

/** Photographs of `validation` are never trained on. */
const data = ['--validation', '**/0*', '--objective', 'mse'] as const;
const fromNothing = (preset: string) =>
  [...data, '--preset', preset, '--size', '64', '--batch', '16', '--crop-scale', '0.2', '--steps', '3200'] as const;

/** Larger crops, small batches: squared error alone. */
const squaredError = [
  ...data,
  ...['--size', '128', '--batch', '4', '--crop-scale', '0.35', '--steps', '3200'],
  ...['--learning-rate', '0.0015', '--warmup-steps', '100', '--ema-decay', '0.998'],
] as const;

const wholeObjective = [
  ...['--validation', '**/0*', '--objective', 'default', '--size', '128', '--batch', '4', '--crop-scale', '0.35'],
  ...['--perceptual-weight', '0.2', '--adversarial-weight', '0.5', '--adversarial-start', '60', '--steps', '1500'],
  ...['--learning-rate', '0.0005', '--ema-decay', '0.99'],
] as const;

export const photoTokenizers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'photo-f8': [fromNothing('fast-f8'), squaredError, wholeObjective],
  'photo-f8c16': [fromNothing('fast-f8c16'), squaredError, wholeObjective],
};
