/** The picture of samples that a training writes now and then. */
import { samplingOptionsSchema } from '../../config/options/diffusion-options.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { pictureGrid } from '../../evaluation/picture-grid.js';
import { encodePng } from '../../evaluation/png.js';
import { writeFileAtomic } from '../../files.js';
import type { LatentDecoder } from '../../latents/model-roles.js';
import type { DiffusionNetwork } from '../model/open-diffusion.js';
import { asSeen, drawPictures } from '../sampling/draw-pictures.js';

/** Few enough for a look to be short, and the same noise every time. */
const options = samplingOptionsSchema.parse({ samplerSteps: 12, batch: 16 });
const columns = 8;
const leastRows = 2;

/** One column for each of the first classes, and as many rows as make two pictures of each or sixteen in all. */
export async function writeSamples(path: string, network: DiffusionNetwork, decoder: LatentDecoder): Promise<void> {
  const classes = network.config.denoiser.classes.length;
  const across = classes === 0 ? columns : Math.min(columns, classes);
  const rows = Math.max(leastRows, Math.floor(options.batch / across));
  const wanted = Array.from({ length: rows * across }, (_, number) => ({
    number,
    class: classes === 0 ? 0 : number % across,
  }));
  const pictures: PixelImage[] = [];
  for await (const picture of drawPictures(network, decoder, wanted, { ...options, batch: wanted.length })) {
    pictures.push(asSeen(picture));
  }
  await writeFileAtomic(path, await encodePng(pictureGrid(pictures, across)));
}
