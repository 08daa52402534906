/** What a classifier learns from generated pictures, beside what it learns from as many real ones. */
import type { ImageFile } from '../../data/images.js';
import { toUnitRange } from '../../data/pictures/values/pixels.js';
import { classifierAccuracy, type LabelledPictures } from '../../evaluation/generation/classifier.js';
import type { Interval } from '../../evaluation/measures/bootstrap.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import type { DrawnPicture } from '../sampling/draw-pictures.js';
import type { ReadPictures } from './read-pictures.js';

/** Shares of real test pictures that are told rightly. */
export interface Accuracies {
  readonly trainedOnSamples: Interval;
  readonly trainedOnReal: Interval;
  /** Pictures that each was trained on. */
  readonly samples: number;
  readonly real: number;
}

export async function accuracies(
  samples: readonly DrawnPicture[],
  training: ReadPictures,
  test: ReadPictures,
  { classes, size, seed }: { readonly classes: readonly string[]; readonly size: number; readonly seed: number },
  onStage: (sentence: string) => void,
): Promise<Accuracies> {
  const options = { size, classes: classes.length, seed };
  const generated = labelled(
    samples,
    samples.map(({ image }) => image.class),
  );
  const real = labelledFiles(training, classes);
  const tested = labelledFiles(test, classes);
  onStage(`Training a classifier on ${samples.length} samples`);
  const trainedOnSamples = await classifierAccuracy(generated, tested, options);
  onStage(`Training a classifier on ${real.labels.length} real pictures`);
  const trainedOnReal = await classifierAccuracy(real, tested, options);
  return { trainedOnSamples, trainedOnReal, samples: samples.length, real: real.labels.length };
}

/** Those of the classes that the model knows. */
function labelledFiles({ pictures, files }: ReadPictures, classes: readonly string[]): LabelledPictures {
  const labels = files.map(({ label }: ImageFile) => (label === undefined ? -1 : classes.indexOf(label)));
  const isKnown = (_: unknown, index: number) => (labels[index] as number) >= 0;
  return labelled(pictures.filter(isKnown), labels.filter(isKnown));
}

function labelled(pictures: readonly PixelImage[], labels: readonly number[]): LabelledPictures {
  const floats = pictures[0]?.pixels.length ?? 0;
  const images = new Float32Array(pictures.length * floats);
  pictures.forEach(({ pixels }, index) => {
    toUnitRange(pixels, images, index * floats);
  });
  return { images, labels: Int32Array.from(labels) };
}
