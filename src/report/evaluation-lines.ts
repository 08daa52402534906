/** An evaluation as lines for a terminal. */
import type { PerceptualKind } from '../config/config.js';
import type { EvaluatedMeasure, Evaluation } from '../evaluation/evaluate.js';
import { measureGuides } from '../evaluation/measures/measure-guide.js';
import { counted } from '../quantities.js';
import { formatInterval } from './columns.js';

const order: readonly EvaluatedMeasure[] = [
  'psnrDb',
  'ssim',
  'gradientEnergyRatio',
  'blurSigmaPx',
  'perceptualDistance',
  'frechetDistance',
];

/** @param kind the network of the perceptual distance */
export function evaluationLines(
  { images, intervals }: Evaluation,
  size: number,
  kind: PerceptualKind | undefined,
): string[] {
  const notes: Partial<Record<EvaluatedMeasure, string>> = {
    perceptualDistance: kind === 'builtin' ? 'built-in features, not LPIPS' : (kind ?? ''),
    frechetDistance: 'built-in features, no FID; compares only between runs on the same images',
  };
  const rows = order.flatMap((measure) => {
    const interval = intervals[measure];
    if (!interval) return [];
    const { label, unit } = measureGuides[measure];
    const note = notes[measure];
    const figure = formatInterval(measure, interval);
    return `  ${label.padEnd(20)} ${figure}${unit && ` ${unit}`}${note ? `  [${note}]` : ''}`;
  });
  return [
    `${counted(images, 'image')} at ${size}×${size} px, means with 95 % intervals over images:`,
    ...rows,
    'Centre crop, posterior mean, clamped and rounded to 8 bits.',
  ];
}
