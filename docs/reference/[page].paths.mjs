/** Pages of the reference that the built package fills. */
import { examplesPage } from '../.vitepress/examples-page.mjs';
import { presetPage } from '../.vitepress/preset-page.mjs';

const load = (path) => import(new URL(`../../dist/src/${path}`, import.meta.url).href);
const { latentShape } = await load('autoencoder/autoencoder.js');
const { countOfParameters } = await load('autoencoder/memory.js');
const { selectEngine } = await load('engine/select.js');
const { modelConfigSchema, objectives, presets } = await load('config/config.js');

await selectEngine({ engine: 'cpu', device: 'cpu', threads: 1 });

function factsOf({ model }, size, classCount) {
  const config = modelConfigSchema.parse(model(size, classCount));
  return { shape: latentShape(config, [size, size]), parameters: countOfParameters(config) };
}

export default {
  paths: () => [
    { params: { page: 'presets' }, content: presetPage(presets, objectives, factsOf) },
    { params: { page: 'examples' }, content: examplesPage() },
  ],
};
