/**
 * `npm run experiments -- measure-grid MODEL [PHOTOS] [SIZE]`: whether a model's last sub-pixel convolution leaves a grid. Prints
 * the grid energy (see `gridEnergy`) at several periods of originals and of their reconstructions, means over pictures.
 */
import { print } from '../scripts/cli/output.js';
import { engineOptionsSchema, imageFilterSchema } from '../src/config/config.js';
import { findImages } from '../src/data/images.js';
import { selectEngine } from '../src/engine/select.js';
import { reconstructFiles } from '../src/evaluation/evaluate.js';
import { lumaPlane } from '../src/evaluation/measures/pixel-image.js';
import { gridEnergy } from '../src/evaluation/measures/sharpness/grid-energy.js';
import { openModel } from '../src/training/run/trained-model.js';

const [, , path = 'photo-f8', photos = '../shared/images/photos', size = '256'] = process.argv;
const periods = [2, 3, 4, 5, 8];

await selectEngine(engineOptionsSchema.parse({}));
const { model } = await openModel(path);
const filter = imageFilterSchema.parse({ include: '**/00*' });
const files = await findImages(photos, filter);
const sums = periods.map(() => ({ original: 0, reconstruction: 0 }));
let images = 0;
for await (const image of reconstructFiles(model, files, { ...filter, size: Number(size), batch: 8 }, [])) {
  const [original, reconstruction] = [lumaPlane(image.original), lumaPlane(image.reconstruction)];
  images++;
  periods.forEach((period, index) => {
    sums[index]!.original += gridEnergy(original, period);
    sums[index]!.reconstruction += gridEnergy(reconstruction, period);
  });
}
print(`${images} pictures of ${size} px; grid energy of the originals, of the reconstructions`);
periods.forEach((period, index) => {
  const { original, reconstruction } = sums[index]!;
  print(`  period ${period}: ${(original / images).toFixed(4)}  ${(reconstruction / images).toFixed(4)}`);
});
