/** Measures of diffusability as lines for a terminal. */
import type { Diffusability } from '../evaluation/diffusability/diffusability.js';
import type { LatentMeasures } from '../evaluation/diffusability/latent-measures.js';
import { intervalText } from '../evaluation/measures/interval-text.js';
import { counted } from '../quantities.js';

const row = (label: string, figure: string, meaning: string) => `  ${label.padEnd(24)}${figure}  [${meaning}]`;

/** What the latents alone tell. */
export function latentMeasureLines({
  effectiveRank,
  eigenvalueShares = [],
  totalVariation,
  spectrumSlope,
  posteriorStdShare,
}: LatentMeasures & { readonly posteriorStdShare?: number }): string[] {
  const lines: string[] = [];
  if (effectiveRank !== undefined) {
    const first = `the first carries ${(100 * (eigenvalueShares[0] ?? 0)).toFixed(0)} % of the variance`;
    lines.push(row('effective rank', `${effectiveRank.toFixed(2)} of ${eigenvalueShares.length} channels`, first));
  }
  if (totalVariation !== undefined)
    lines.push(row('total variation', totalVariation.toFixed(3), 'white noise: 1.128; less is smoother'));
  if (spectrumSlope !== undefined)
    lines.push(row('slope of the spectrum', spectrumSlope.toFixed(2), 'white noise: 0, photographs: about -2'));
  if (posteriorStdShare !== undefined)
    lines.push(row('posterior std', posteriorStdShare.toFixed(4), 'over the std of its channel'));
  return lines;
}

export function diffusabilityLines(measures: Diffusability): string[] {
  const { images, midpointDistance, turnError, halfSizeError, robustness } = measures;
  return [
    `How well the latents of ${counted(images, 'image')} suit diffusion, 95 % intervals over images:`,
    ...latentMeasureLines(measures),
    ...(midpointDistance
      ? [
          row(
            'midpoints',
            intervalText(midpointDistance, 3),
            'Fréchet distance of decoded midpoints of neighbours; less is better',
          ),
        ]
      : []),
    ...(turnError
      ? [row('error of turns', intervalText(turnError, 4), 'of a turned latent’s picture, in [-1, 1]')]
      : []),
    ...(halfSizeError
      ? [row('error of half size', intervalText(halfSizeError, 4), 'of a halved latent’s picture')]
      : []),
    ...robustness.map(({ noiseShare, psnrDb }) =>
      row(`noise of ${noiseShare} std`, `${intervalText(psnrDb, 2)} dB`, 'PSNR of pictures from noisy latents'),
    ),
  ];
}
