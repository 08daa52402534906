/** `--diffusability`, as numbers and as lines. */
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import type { ImageFile } from '../../../src/data/images.js';
import type { Diffusability, DiffusabilityOptions } from '../../../src/evaluation/diffusability/diffusability.js';

export async function diffusabilityOf(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: DiffusabilityOptions,
): Promise<{ measures: Diffusability; lines: string[] }> {
  const { measureDiffusability } = await import('../../../src/evaluation/diffusability/diffusability.js');
  const { diffusabilityLines } = await import('../../../src/report/diffusability-lines.js');
  const measures = await measureDiffusability(model, files, options);
  return { measures, lines: diffusabilityLines(measures) };
}
