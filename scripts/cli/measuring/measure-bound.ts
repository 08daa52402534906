/** The bound on log p(x) of a command's images, with progress on stderr. */
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import { imageChannelsOf } from '../../../src/config/config.js';
import type { ImageFile } from '../../../src/data/images.js';
import type { BoundEstimate } from '../../../src/evaluation/bound/bound.js';
import { startProgress } from '../progress.js';

export interface BoundCommandOptions {
  readonly boundImages: number;
  readonly importanceSamples: readonly number[];
  readonly sigma: number;
  readonly seed: number;
  readonly size: number;
  readonly batch: number;
  readonly maxPixels: number;
}

export async function measureBound(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: BoundCommandOptions,
): Promise<BoundEstimate> {
  const { estimateBoundOfImages } = await import('../../../src/evaluation/bound/bound-files.js');
  const { readImages } = await import('../../../src/evaluation/read-images.js');
  const { evenlySpaced } = await import('../../../src/data/evenly-spaced.js');
  const read = await readImages(evenlySpaced(files, options.boundImages), {
    ...options,
    imageChannels: imageChannelsOf(model.config),
  });
  const progress = startProgress('Bound');
  const started = performance.now();
  const onImage = (done: number) => {
    const secondsPerImage = (performance.now() - started) / 1000 / done;
    const images = read.files.length;
    progress.update(done / images, secondsPerImage * (images - done), { image: `${done} of ${images}` });
  };
  try {
    return await estimateBoundOfImages(model, read, { ...options, onImage });
  } finally {
    progress.stop();
  }
}
