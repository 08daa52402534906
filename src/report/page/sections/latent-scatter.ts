/** The section that shows where images lie in each latent space. */
import type { LatentSpaces, ModelLatentSpace } from '../../../evaluation/latent-space/latent-space.js';
import type { LatentSpaceStatistics } from '../../../evaluation/latent-space/statistics.js';
import { each, escapeHtml } from '../html.js';
import { classColor, scatterChart } from './scatter-chart.js';
import type { ModelHeading } from './section.js';

const explanation = [
  'Every dot is one image at the mean of its posterior. All numbers of the latent are laid into the plane so that ' +
    'neighbours stay neighbours, once by t-SNE and once by UMAP; where a group lies and how far from another means nothing.',
  'Without a KL term nothing says where latents must lie: they go where restoring is easiest, as far apart as they like. A ' +
    'KL term asks every posterior to look like N(0, I) and takes its price in nats for whatever a number tells of the image. ' +
    'Groups move together, posteriors widen until they touch, and a number that helps less than it costs falls silent.',
  'How much helping counts is decided by the scale of the error. The KL term is a sum over the latent; if the squared error ' +
    'is not summed but averaged over pixels and channels, it is too weak by a factor of H·W·3 (12,288 at 64×64 px). Then ' +
    'hardly any number is worth its price: posteriors become the prior (posterior collapse), the dots say nothing of the ' +
    'images, and every reconstruction is the same grey average.',
];

export function latentScatterHtml({ images, classes, models }: LatentSpaces, heading: ModelHeading): string {
  const legend = classes.names.length < 2 ? '' : legendHtml(classes.names);
  return `<section class="latent-space">
<h2>Where images lie in the latent space</h2>
${each(explanation, (paragraph) => `<p class="prose">${paragraph}</p>`)}
${legend}
<div class="charts scatters">
${each(models, (model) => scatterHtml(model, images, classes.ofImage, heading))}
</div>
</section>`;
}

function legendHtml(names: readonly string[]): string {
  const items = each(names, (name, index) => {
    return `<li style="--key: ${classColor(index)}"><span class="key round"></span>${escapeHtml(name)}</li>`;
  });
  return `<ul class="legend">${items}</ul>`;
}

function scatterHtml(
  model: ModelLatentSpace,
  images: number,
  ofImage: readonly number[],
  heading: ModelHeading,
): string {
  const { name, statistics, tsne, umap } = model;
  const chart = (method: string, points: typeof tsne.points) => {
    const label = `${method} of the latents of ${images} images by ${name}`;
    return `<div><span class="method">${method}</span>${scatterChart(label, points, ofImage)}</div>`;
  };
  return `<figure class="chart">
${heading(name)}
<figcaption>${escapeHtml(statisticsSentence(statistics))}</figcaption>
<div class="pair">${chart('t-SNE', tsne.points)}${chart('UMAP', umap.points)}</div>
</figure>`;
}

/** Nothing but what the figures say. */
export function statisticsSentence(statistics: LatentSpaceStatistics): string {
  const { floats, activeFloats, klNats, meanSize, neighboursOfClass, neighboursByChance } = statistics;
  const parts = [
    activeFloats === 0
      ? `The posterior has collapsed: none of ${floats} numbers tells anything of the image`
      : `${activeFloats} of ${floats} numbers tell something of the image`,
    klNats === null ? 'the posterior is a point, without a KL term' : `KL ${formatNats(klNats)} nats per image`,
    `their size is ${Number(meanSize.toPrecision(2))}`,
  ];
  const sentence = `${parts.join('; ')}.`;
  if (neighboursOfClass === null || neighboursByChance === null) return sentence;
  const percent = (share: number) => `${Math.round(100 * share)}\u00a0%`;
  const neighbours = `Of the five nearest images ${percent(neighboursOfClass)} are of the same kind`;
  return `${sentence} ${neighbours}, ${percent(neighboursByChance)} would be by chance.`;
}

function formatNats(nats: number): string {
  return nats < 10 ? nats.toFixed(2) : Math.round(nats).toLocaleString('en');
}
