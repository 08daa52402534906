/** Models are judged on images that none of them was trained on, where there are some. */
import { z } from 'zod';
import type { RunConfig } from '../../../src/config/config.js';
import type { ImageFile } from '../../../src/data/images.js';
import { counted } from '../../../src/quantities.js';
import { note, warn } from '../output.js';

export const trainedOnOption = z
  .boolean()
  .default(false)
  .describe('also judge images that a model was trained on, which are left out otherwise');

export interface JudgedModel {
  readonly name: string;
  /** Absent where nobody here trained it. */
  readonly run?: RunConfig | undefined;
}

export interface JudgedImages {
  readonly files: readonly ImageFile[];
  /** Where images are judged that a model was trained on: one sentence that says so. */
  readonly warning?: string;
}

/** @param isWanted whether images that were trained on shall be judged all the same */
export async function unseenImages(
  files: readonly ImageFile[],
  models: readonly JudgedModel[],
  isWanted: boolean,
): Promise<JudgedImages> {
  const { identityOf, imagesTrainedOn } = await import('../../../src/training/run/trained-on.js');
  const seen = new Set<string>();
  const names: string[] = [];
  const identities = new Set(files.map(identityOf));
  for (const { name, run } of models) {
    const trained = run && (await imagesTrainedOn(run));
    if (run && !trained)
      note(`The images that ${name} trained on are not where they were: it may have seen some of these.`);
    const common = [...(trained ?? [])].filter((identity) => identities.has(identity));
    if (common.length > 0) names.push(name);
    for (const identity of common) seen.add(identity);
  }
  if (seen.size === 0) return { files };
  const unseen = files.filter((file) => !seen.has(identityOf(file)));
  const those = `${seen.size} of ${counted(files.length, 'image')}`;
  if (unseen.length > 0 && !isWanted) {
    note(`Left out ${those} that ${names.join(', ')} trained on; --trained-on judges them too.`);
    return { files: unseen };
  }
  const warning = `Trained on: ${names.join(', ')} saw ${those} in training, which flatters the figures.`;
  warn(warning);
  return { files, warning };
}
