/** Samples, each with the training picture nearest to it: what was learned, and what remembered. */
import type { DiffusionEvaluation } from '../../../diffusion/evaluation/evaluate-diffusion.js';
import { pictureGrid } from '../../../evaluation/picture-grid.js';
import { pictureHtml } from './section.js';

export const neighboursNote = 'Samples in the upper row, below each the training picture that is nearest to it.';

export function neighbourPictures(shown: DiffusionEvaluation['shown'], description: string): Promise<string> {
  const rows = [...shown.map(({ sample }) => sample), ...shown.map(({ nearest }) => nearest)];
  return pictureHtml(pictureGrid(rows, shown.length), description);
}
