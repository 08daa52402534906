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

/** Of the whole objective, on the same crops. */
const allTerms = [
  ...['--validation', '**/0*', '--objective', 'default', '--size', '128', '--batch', '4', '--crop-scale', '0.35'],
  ...['--adversarial-start', '60'],
] as const;

const wholeObjective = [
  ...allTerms,
  ...['--perceptual-weight', '0.2', '--adversarial-weight', '0.5', '--steps', '1500'],
  ...['--learning-rate', '0.0005', '--ema-decay', '0.99'],
] as const;

/** Sharp where the code does not tell what is there: first quickly, then at a low learning rate. */
const detail = (weight: string, steps: string, learningRate: string, discriminatorRate: string) =>
  [
    ...allTerms,
    ...['--detail-weight', weight, '--perceptual-weight', '1', '--adversarial-weight', '0.4', '--steps', steps],
    ...['--learning-rate', learningRate, '--discriminator-rate', discriminatorRate, '--ema-decay', '0.995'],
  ] as const;

/** @param detailWeights of the two last stages: more channels lack less of the detail, and are asked for it more strongly */
const stages = (preset: string, ...[quickly, slowly]: readonly [string, string]) => [
  fromNothing(preset),
  squaredError,
  wholeObjective,
  detail(quickly, '1500', '0.0003', '1.5'),
  detail(slowly, '500', '0.00006', '5'),
];

export const photoTokenizers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'photo-f8': stages('fast-f8', '3', '2.2'),
  'photo-f8c16': stages('fast-f8c16', '6', '10'),
};
