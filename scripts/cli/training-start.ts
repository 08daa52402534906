/** What a training is, in a few lines before it begins. */
import type { ModelConfig, ObjectiveConfig, RunConfig } from '../../src/config/config.js';
import { downsamplingFactor, hasVectorLatent, networkNameOf, posteriorKindOf } from '../../src/config/config.js';
import { counted } from '../../src/quantities.js';
import type { StartFacts } from '../../src/training/training-reports.js';
import { note } from './output.js';

/** @param json one JSON object instead, for programs that read stderr */
export function announceTraining(config: RunConfig, facts: StartFacts, json: boolean): void {
  const { model, objective } = config;
  const { training, validation, need } = facts;
  if (json) {
    note(JSON.stringify({ model, objective, training, validation, ...(need && { need }) }));
    return;
  }
  if (need) note(need.sentence);
  const rows = trainingRows(config, facts);
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) note(`  ${label.padEnd(width)}  ${text}`);
}

type Row = readonly [label: string, text: string];

function trainingRows(config: RunConfig, { training, validation }: Pick<StartFacts, 'training' | 'validation'>): Row[] {
  const { model, objective, options } = config;
  const parts = options.accumulate > 1 ? ` in ${counted(options.accumulate, 'part')}` : '';
  return [
    ['network', networkText(networkNameOf(config), model)],
    ['latent', latentText(model, options.size)],
    ['images', `${training} to train on, ${validation} to validate`],
    ['step', `${counted(options.batch, 'image')} of ${options.size}×${options.size} px${parts}`],
    ...(model.latent === 'linear' ? [] : lossRows(objective)),
  ];
}

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
function lossRows(objective: ObjectiveConfig): Row[] {
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
