/**
 * `node dist/experiments/train-features.js PHOTOS OUT.safetensors [--steps N …]`: trains the network behind `--perceptual
 * builtin` on a folder of `<set>/<class>/<hash>.jpg`. Without options it repeats the training of the shipped weights.
 */
import { parseArgs } from 'node:util';
import { note, print } from '../scripts/cli/output.js';
import { findImages } from '../src/data/images.js';
import { selectEngine } from '../src/engine/select.js';
import { formatSeconds } from '../src/quantities.js';
import { readPictures } from '../src/training/features/photo-batches.js';
import { splitPhotos } from '../src/training/features/photo-classes.js';
import { savePhotoFeatures } from '../src/training/features/save-features.js';
import { type FeatureRecipe, photoFeatureRecipe, trainPhotoFeatures } from '../src/training/features/train-features.js';

/** Random views are cut from pictures this much larger than themselves. */
const pictureScale = 1.5;

const names = Object.keys(photoFeatureRecipe) as (keyof FeatureRecipe)[];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
});
const [folder = '../shared/images/photos', out = 'weights/photo-features.safetensors'] = positionals;
const changes = Object.entries(values).map(([name, value]) => [name, Number(value)]);
const recipe: FeatureRecipe = { ...photoFeatureRecipe, ...Object.fromEntries(changes) };

const { labels, training, unseenLabels } = splitPhotos(await findImages(folder, { classDepth: 0 }), recipe.seed);
note(`${training.length} photographs of ${labels.length} classes; ${unseenLabels.size} classes are kept unseen`);
note(`recipe ${JSON.stringify(recipe)}`);
const pictures = await readPictures(training, labels, recipe.size * pictureScale);

await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 0 });
const started = performance.now();
const recent: { loss: number; accuracy: number }[] = [];
const weights = await trainPhotoFeatures(pictures, labels.length, recipe, ({ step, loss, accuracy }) => {
  recent.push({ loss, accuracy });
  if (step % 100 !== 0 && step !== recipe.steps) return;
  const mean = (key: 'loss' | 'accuracy') => recent.reduce((sum, figures) => sum + figures[key], 0) / recent.length;
  const seconds = (performance.now() - started) / 1000;
  const left = formatSeconds((seconds / step) * (recipe.steps - step));
  note(`step ${step}: loss ${mean('loss').toFixed(3)}, accuracy ${mean('accuracy').toFixed(3)}, ${left} left`);
  recent.length = 0;
});
await savePhotoFeatures(out, weights, {
  name: 'photo-features 1',
  recipe: JSON.stringify(recipe),
  data: 'Caltech-101 (CC BY 4.0), clothing-dataset-small (CC0), GroceryStoreDataset (MIT)',
  unseenClasses: [...unseenLabels].join(', '),
});
print(out);
