/** Which photographs the feature network learns from, and which it is measured on. */
import type { ImageFile } from '../../data/images.js';
import { randomStream } from '../../random.js';

export interface PhotoSplit {
  /** The labels that are learned, sorted; a class is its index here. */
  readonly labels: readonly string[];
  readonly training: readonly ImageFile[];
  /** Never trained on: the first 12 pictures of every Caltech-101 class, by name. */
  readonly probe: readonly ImageFile[];
  /** Never trained on: of the other sets, the names that begin with 0. */
  readonly validation: readonly ImageFile[];
  /** Caltech-101 classes of which no picture is trained on. */
  readonly unseenLabels: ReadonlySet<string>;
}

const probeImagesPerClass = 12;
/** Pictures of nothing in particular. */
const withoutSubject = 'caltech101/background_google';
const unseenShare = 0.1;

/**
 * @param files found in a folder of `<set>/<class>/<hash>.jpg`
 * @param seed draws the unseen classes
 */
export function splitPhotos(files: readonly ImageFile[], seed: number): PhotoSplit {
  const byLabel = new Map<string, ImageFile[]>();
  for (const file of files) {
    const { label } = file;
    if (label === undefined || label === withoutSubject) continue;
    byLabel.set(label, [...(byLabel.get(label) ?? []), file]);
  }
  const probe: ImageFile[] = [];
  const validation: ImageFile[] = [];
  const training: ImageFile[] = [];
  const unseenLabels = new Set<string>();
  for (const [label, members] of byLabel) {
    if (!label.startsWith('caltech101/')) {
      for (const file of members) (isValidation(file) ? validation : training).push(file);
      continue;
    }
    const isUnseen = randomStream('unseen class', seed, label).uniform() < unseenShare;
    if (isUnseen) unseenLabels.add(label);
    probe.push(...members.slice(0, probeImagesPerClass));
    if (!isUnseen) training.push(...members.slice(probeImagesPerClass));
  }
  const labels = [...new Set(training.map(({ label }) => label as string))].sort();
  return { labels, training, probe, validation, unseenLabels };
}

function isValidation({ relativePath }: ImageFile): boolean {
  return relativePath.split('/').at(-1)?.startsWith('0') ?? false;
}
