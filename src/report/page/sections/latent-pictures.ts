/** The sections with pictures decoded from chosen latents. */
import type { LatentSpaces, ModelLatentSpace, Walk } from '../../../evaluation/latent-space/latent-space.js';
import type { PixelImage } from '../../../evaluation/measures/pixel-image.js';
import { pictureGrid } from '../../../evaluation/picture-grid.js';
import { escapeHtml } from '../html.js';
import { type ModelHeading, pictureHtml } from './section.js';

interface Part {
  readonly title: string;
  readonly explanation: string;
  /** What the part is of; a model without any is left out. */
  readonly pictures: (model: ModelLatentSpace) => readonly unknown[];
  readonly figure: (model: ModelLatentSpace) => Promise<string>;
}

/** Walks, samples of the prior, draws of p(x|z): one section each. */
export async function latentPicturesHtml(spaces: LatentSpaces, heading: ModelHeading): Promise<string> {
  const parts = [walks(spaces), priorSamples(), likelihoodDraws(spaces)];
  const sections = parts.map(async ({ title, explanation, pictures, figure }) => {
    const shown = spaces.models.filter((model) => pictures(model).length > 0);
    const figures = shown.map(async (model) => {
      return `<figure class="chart">${heading(model.name)}${await figure(model)}</figure>`;
    });
    return `<section class="latent-space">
<h2>${title}</h2>
<p class="prose">${explanation}</p>
<div class="charts sheets">
${(await Promise.all(figures)).join('\n')}
</div>
</section>`;
  });
  return (await Promise.all(sections)).join('\n');
}

function walks({ walkEnds }: LatentSpaces): Part {
  const rows = (strips: readonly Walk[], kind: keyof Walk): PixelImage => {
    const pictures = strips.flatMap((walk, index) => [walkEnds[index]![0], ...walk[kind], walkEnds[index]![1]]);
    return pictureGrid(pictures, strips[0]![kind].length + 2);
  };
  return {
    title: 'Walking from one image to another',
    explanation:
      'The outermost pictures are originals; between them stand their reconstructions and what lies on the way. Where ' +
      'latents fill the space, every step looks like an image; where only the ends were ever trained, the middle looks like ' +
      'two pictures laid over each other, or like neither. The straight line runs closer to the origin than its ends, where ' +
      'N(0, I) in many dimensions has next to no mass; the arc keeps their distance. A model that is told classes is told ' +
      'that of the left image.',
    pictures: (model) => model.walks,
    figure: async ({ name, walks: strips }) => {
      const one = async (kind: keyof Walk, label: string) =>
        `<span class="method">${label}</span>${await pictureHtml(rows(strips, kind), `${label} walks by ${name}`)}`;
      return `${await one('linear', 'Straight line')}${await one('spherical', 'Arc (spherical)')}`;
    },
  };
}

function priorSamples(): Part {
  return {
    title: 'Pictures drawn from the prior',
    explanation:
      'Latents drawn from N(0, I), never seen by an encoder, and decoded. A VAE with its full KL term is trained so that the ' +
      'posteriors of all images together fill N(0, I): its samples are blurry but made of what images are made of, and a model with a prior ' +
      'for each class draws pictures of that class. A tokenizer’s samples are noise, and are meant to be: its KL term is ' +
      'about a million times weaker, so posteriors are nearly points that fill next to nothing of N(0, I), and the numbers of ' +
      'its grid depend on each other as neighbouring patches do, which independent draws know nothing of. Latent diffusion ' +
      'learns the prior that is missing.',
    pictures: (model) => model.priorSamples,
    figure: async ({ name, priorSamples: samples, priorClasses }) => {
      const sheet = await pictureHtml(pictureGrid(samples, 6), `Samples of the prior, decoded by ${name}`);
      const classes = priorClasses && [...new Set(priorClasses)].join(', ');
      return `${sheet}${classes ? `<figcaption>In turn: ${escapeHtml(classes)}.</figcaption>` : ''}`;
    },
  };
}

function likelihoodDraws({ sigma }: LatentSpaces): Part {
  return {
    title: 'What the model believes an image looks like',
    explanation:
      `Squared error is the likelihood p(x|z) = N(decoded, σ′² I), here with σ′ = ${sigma} where black is −1 and white is 1. ` +
      'Every reconstruction on this page, as is the custom, is the mean of that Gaussian (first row). A true sample of the ' +
      'model has the noise too: salt and pepper (second row). This is the blur’s other side: to a model that expects such ' +
      'noise on every pixel, fine detail smaller than the noise is hardly worth a nat, and it is left out of the mean.',
    pictures: (model) => model.draws,
    figure: async ({ name, draws }) => {
      const rows = [...draws.map(({ mean }) => mean), ...draws.map(({ draw }) => draw)];
      return pictureHtml(pictureGrid(rows, draws.length), `Decoded means of ${name} above draws of p(x|z)`);
    },
  };
}
