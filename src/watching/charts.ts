/** Which figures of a log stand in which chart, in words. */
import type { WatchedChart } from '../web/watch/protocol.js';
import type { Thinned } from './thinned.js';

interface ChartGuide {
  readonly title: string;
  readonly meaning: string;
  /** By a figure's name in the log, what its line is called. */
  readonly lines: Readonly<Record<string, string>>;
}

/** In the order of the page. */
const guides: readonly ChartGuide[] = [
  {
    title: 'PSNR on validation images, dB',
    meaning:
      'How close restored pixels are; more is better. Below the mean colour of each picture nothing has been learned.',
    lines: { 'validation.psnrDb': 'restored pictures', 'validation.meanColourPsnrDb': 'their mean colour' },
  },
  {
    title: 'SSIM on validation images',
    meaning: 'How well structure is kept, at most 1; more is better.',
    lines: { 'validation.ssim': 'restored pictures' },
  },
  {
    title: 'Loss',
    meaning: 'What every step lowers.',
    lines: { loss: 'images of the step', 'validation.loss': 'validation, averaged weights' },
  },
  {
    title: 'Error of the pixels, unweighted',
    meaning: 'Squared (mse) or absolute (l1), summed or averaged over an image as the objective has it.',
    lines: { mse: 'mse', l1: 'l1' },
  },
  {
    title: 'Perceptual distance',
    meaning: 'Between features of a trained network.',
    lines: { perceptual: 'distance' },
  },
  { title: 'KL divergence, nats per image', meaning: 'Between the posterior and the prior.', lines: { kl: 'KL' } },
  {
    title: 'Adversarial term',
    meaning: 'What the discriminator makes of reconstructions; lower when they pass for real.',
    lines: { adversarial: 'term' },
  },
  {
    title: 'Adaptive weight of the adversarial term',
    meaning: 'Times its own weight.',
    lines: { adaptiveWeight: 'weight' },
  },
  {
    title: 'Loss of the discriminator',
    meaning: 'A blind one stays at 1 (hinge) or 0.69 (vanilla); one that has won is near 0.',
    lines: { discriminator: 'loss' },
  },
  {
    title: 'Answers of the discriminator',
    meaning: 'Mean logits: above 0 it takes a picture for real.',
    lines: { logitsReal: 'real images', logitsFake: 'reconstructions' },
  },
  {
    title: 'Share of saturated hinge terms',
    meaning: 'Answers from which the discriminator learns nothing more.',
    lines: { saturatedShare: 'share' },
  },
  {
    title: 'Codes that are used, share',
    meaning: 'Of the codebook; those that nobody takes are lost.',
    lines: { usedShare: 'images of the step', 'validation.codebook.usedShare': 'validation' },
  },
  {
    title: 'Perplexity of the codes',
    meaning: 'How many codes it would be if all were used alike.',
    lines: { perplexity: 'images of the step', 'validation.codebook.perplexity': 'validation' },
  },
  { title: 'Commitment', meaning: 'How far the encoder is from the codes.', lines: { commitment: 'distance' } },
  {
    title: 'Norm of the gradient',
    meaning: 'Before clipping; a step that leaps shows here first.',
    lines: { gradientNorm: 'model', discriminatorGradientNorm: 'discriminator' },
  },
  { title: 'Learning rate', meaning: 'Of Adam.', lines: { learningRate: 'learning rate' } },
  {
    title: 'Scaling of the latents',
    meaning: 'Diffusion sees (latent - shift) · factor.',
    lines: { 'validation.scaling.factor': 'factor', 'validation.scaling.shift': 'shift' },
  },
];

const listTitles: Readonly<Record<string, Pick<ChartGuide, 'title' | 'meaning'>>> = {
  channelKl: { title: 'KL divergence of each latent channel, nats', meaning: 'A channel at 0 carries nothing.' },
  channelStd: {
    title: 'Standard deviation of each latent channel',
    meaning: 'Of the posterior; 1 is that of the prior.',
  },
};

/** Counts that never change. */
const leftOut = new Set(['validation.images', 'validation.latents']);

/** Charts of what was logged; a figure that no guide knows, such as a term of a program's own, gets one by its own name. */
export function chartsOf(figures: ReadonlyMap<string, Thinned>): WatchedChart[] {
  const known = guides.flatMap(({ title, meaning, lines }) => {
    const shown = Object.entries(lines).flatMap(([name, label]) => {
      const figure = figures.get(name);
      return figure ? [{ label, points: figure.points() }] : [];
    });
    return shown.length === 0 ? [] : [{ title, meaning, lines: shown }];
  });
  const guided = new Set([...guides.flatMap(({ lines }) => Object.keys(lines)), ...leftOut]);
  const others = new Map<string, { label: string; points: ReturnType<Thinned['points']> }[]>();
  for (const [name, figure] of figures) {
    if (guided.has(name)) continue;
    const [, list = name, position] = /^(.*)\.(\d+)$/.exec(name) ?? [];
    const lines = others.get(list) ?? [];
    lines.push({ label: position === undefined ? name : `channel ${position}`, points: figure.points() });
    others.set(list, lines);
  }
  return [
    ...known,
    ...[...others].map(([name, lines]) => {
      const { title, meaning } = listTitles[name] ?? { title: name, meaning: 'By its name in metrics.jsonl.' };
      return { title, meaning, lines };
    }),
  ];
}
