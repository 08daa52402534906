/** What options are about: the headings that a command's help has them under. */
import {
  boundOptionsSchema,
  engineOptionsSchema,
  featureOptionsSchema,
  imageFilterSchema,
  latentSpaceOptionsSchema,
  objectiveOptionsSchema,
} from '../../../src/config/config.js';
import { commonGroup } from '../help-look.js';

export const requiredGroup = 'Required:';
const otherGroup = 'Options:';

/** The first that names an option has it. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'Where it goes:': ['out', 'resume', 'dryRun', 'live', 'port', 'tensorboard', 'format'],
  'Images that are read:': [...Object.keys(imageFilterSchema.shape), 'validation', 'trainedOn'],
  'Network:': [
    ...['preset', 'from', 'decoderOnly', 'model', 'imageChannels', 'channels', 'normGroups', 'latentFloats'],
    ...['latentChannels', 'shrinkage', 'process', 'precision'],
  ],
  'What a batch is made of:': [
    ...['size', 'crop', 'cropScale', 'flip', 'batch', 'accumulate', 'gradientCheckpointing', 'posterior', 'mirror'],
    ...['labelDropout', 'latentSamples', 'mirrored'],
  ],
  'Length and pace:': [
    ...['steps', 'minutes', 'learningRate', 'warmupSteps', 'schedule', 'gradientClip', 'emaDecay', 'seed'],
    ...['checkpointSteps', 'sampleSteps', 'validationImages'],
  ],
  'Loss (docs/objective.md):': Object.keys(objectiveOptionsSchema.shape),
  'Pictures of their own size:': ['tile', 'tileSize', 'tileOverlap', 'wholePixels', 'buckets', 'area', 'multiple'],
  'The store:': ['dtype', 'shardBytes', 'retrySkipped', 'checkSources', 'update', 'prune'],
  'Sharing the work:': ['part', 'parts', 'workers'],
  'Perceptual and Fréchet distance:': Object.keys(featureOptionsSchema.shape),
  'Bound on log p(x):': Object.keys(boundOptionsSchema.shape),
  'Latent space:': [...Object.keys(latentSpaceOptionsSchema.shape), 'diffusability'],
  'Diffusion models:': [
    'diffusion',
    'baselines',
    'test',
    'guidance',
    'sampler',
    'samplerSteps',
    'count',
    'class',
    'classifier',
  ],
  'What computes:': Object.keys(engineOptionsSchema.shape),
};

export const groupOf = (key: string): string =>
  Object.entries(groups).find(([, keys]) => keys.includes(key))?.[0] ?? otherGroup;

/** Where an option stands among those of its group. */
export const placeInGroup = (key: string): number =>
  Object.values(groups)
    .find((keys) => keys.includes(key))
    ?.indexOf(key) ?? 0;

/** The order in which help shows them. */
export const groupOrder = [requiredGroup, otherGroup, ...Object.keys(groups), commonGroup];
