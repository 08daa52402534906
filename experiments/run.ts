/** `npm run experiments -- NAME [options]`: runs one experiment of this folder; without a name, says which there are. */
import { note } from '../scripts/cli/output.js';

interface Experiment {
  readonly summary: string;
  /** Runs it: an experiment reads its own arguments from the command line. */
  readonly load: () => Promise<unknown>;
}

const experiments: Readonly<Record<string, Experiment>> = {
  ladder: {
    summary: 'where blurriness comes from, cause by cause: trains a family of models, about an hour',
    load: () => import('./ladder.js'),
  },
  'photo-tokenizers': {
    summary: 'trains a tokenizer that comes with the package from nothing, some hours',
    load: () => import('./photo-tokenizers.js'),
  },
  diffusability: {
    summary: 'which tokenizer feeds diffusion best, and what foretells it, up to two hours',
    load: () => import('./diffusability.js'),
  },
  'train-features': {
    summary: 'trains the network behind --perceptual builtin, about 40 minutes',
    load: () => import('./train-features.js'),
  },
  'measure-features': {
    summary: 'whether the features of --perceptual builtin order distortions as they should',
    load: () => import('./measure-features.js'),
  },
  'measure-grid': {
    summary: 'whether a model leaves a grid in its pictures',
    load: () => import('./measure-grid.js'),
  },
  'measure-seams': {
    summary: 'what encoding in tiles changes in a picture',
    load: () => import('./measure-seams.js'),
  },
};

const [name = ''] = process.argv.splice(2, 1);
const experiment = experiments[name];
if (experiment) await experiment.load();
else {
  if (name !== '') note(`Got ${name}, which is no experiment.`);
  note('npm run experiments -- NAME, one of:');
  for (const [each, { summary }] of Object.entries(experiments)) note(`  ${each.padEnd(18)}${summary}`);
  process.exitCode = name === '' ? 0 : 2;
}
