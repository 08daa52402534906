/** What a training is, in a few lines. */
import type { DiffusionRunConfig, ModelConfig, ObjectiveConfig, RunConfig } from '../../config/config.js';
import { downsamplingFactor, hasVectorLatent, networkNameOf, posteriorKindOf } from '../../config/config.js';
import { counted } from '../../quantities.js';

/** A line of a table. */
export type TrainingRow = readonly [label: string, text: string];

/** How many there are on each side, where that is known. */
export interface TrainingCounts {
  readonly training: number;
  readonly validation: number;
}

const countsText = (counts: TrainingCounts) => `${counts.training} to train on, ${counts.validation} to validate`;

export function trainingRows(config: RunConfig, counts?: TrainingCounts): TrainingRow[] {
  const { model, objective, options } = config;
  const parts = options.accumulate > 1 ? ` in ${counted(options.accumulate, 'part')}` : '';
  return [
    ['network', networkText(networkNameOf(config), model)],
    ['latent', latentText(model, options.size)],
    ...(counts ? [['images', countsText(counts)] as const] : []),
    ['step', `${counted(options.batch, 'image')} of ${options.size}×${options.size} px${parts}`],
    ...(model.latent === 'linear' ? [] : lossRows(objective)),
  ];
}

export function diffusionRows({ diffusion, options }: DiffusionRunConfig, counts?: TrainingCounts): TrainingRow[] {
  const { latentShape, classes, backbone } = diffusion.denoiser;
  return [
    ['network', options.preset ?? backbone],
    ['predicts', processTexts[diffusion.process]],
    ['latents', `${latentShape.join('×')} of ${diffusion.tokenizer.name}`],
    ...(counts ? [['images', countsText(counts)] as const] : []),
    ['classes', classes.length === 0 ? 'none' : `${classes.length}`],
    ['step', counted(options.batch, 'latent')],
  ];
}

const processTexts = {
  flow: 'the velocity of a rectified flow',
  epsilon: 'the noise, under a cosine schedule',
} as const;
function networkText(name: string, model: ModelConfig): string {
  if (!('blockOutChannels' in model)) return name;
  const stem = model.stem === undefined ? '' : `, squares of ${model.stem} px`;
  return `${name}, channels ${model.blockOutChannels.join(' ')}${stem}`;
}

const kinds = { gaussian: '', deterministic: ', without a posterior', quantized: ', made of codes' };

function latentText(model: ModelConfig, size: number): string {
  const kind = kinds[posteriorKindOf(model)];
  const values = size * size * model.inChannels;
  if (hasVectorLatent(model)) return `one vector of ${model.latentFloats} numbers for ${values} values${kind}`;
  const side = size / downsamplingFactor(model);
  const ratio = Number((values / (side * side * model.latentChannels)).toPrecision(3));
  return `${side}×${side}×${model.latentChannels}, ${ratio} values per number${kind}`;
}

/** Every term that counts, with its weight; what begins late says when. */
function lossRows(objective: ObjectiveConfig): TrainingRow[] {
  const { reconstruction, reconstructionWeight, reduction, klWeight, klRampSteps, perceptual, adversarial } = objective;
  const rising = (steps: number) => (steps > 0 ? ` (rises for ${counted(steps, 'step')})` : '');
  const terms = [
    `${reconstructionWeight === 1 ? '' : `${reconstructionWeight} `}${reconstruction}`,
    ...(klWeight > 0 ? [`${klWeight} KL${rising(klRampSteps)}`] : []),
    ...(perceptual ? [`${perceptual.weight} perceptual (${perceptual.kind})${rising(perceptual.rampSteps)}`] : []),
    ...(adversarial
      ? [`${adversarial.weight} adversarial (${adversarial.loss}) from step ${adversarial.startStep}`]
      : []),
    ...(objective.detailWeight > 0 ? [`${objective.detailWeight} detail`] : []),
    ...(objective.codebook ? [`${objective.codebook.commitmentWeight} commitment`] : []),
    ...Object.entries(objective.regularizers ?? {}).flatMap(([name, weight]) =>
      typeof weight === 'number' && weight > 0 ? [`${weight} ${name.replace(/Weight$/, '')}`] : [],
    ),
    ...Object.entries(objective.terms ?? {}).map(([name, weight]) => `${weight.weight} ${name}`),
  ];
  return [['loss', `${terms.join(' + ')}, ${reduction === 'mean' ? 'averaged' : 'summed'} over an image`]];
}
