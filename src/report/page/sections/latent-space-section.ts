import type { LatentSpaces } from '../../../evaluation/latent-space/latent-space.js';
import { csvText } from '../../csv-text.js';
import { modelColor } from '../charts.js';
import { latentPicturesHtml } from './latent-pictures.js';
import { latentScatterHtml } from './latent-scatter.js';
import { modelHeading, type ReportSection } from './section.js';

/**
 * Everything the page shows of latent spaces.
 *
 * @param names of the page's models in their order, which decides their colours
 * @param images the names of the projected images
 */
export async function latentSpaceSection(
  spaces: LatentSpaces,
  names: readonly string[],
  images: readonly string[],
): Promise<ReportSection> {
  const heading = modelHeading(names, modelColor);
  const { classes, seed, sigma, models } = spaces;
  const classOf = (index: number) => classes.names[classes.ofImage[index]!]!;
  const rows = models.flatMap(({ name, tsne, umap }) =>
    images.map((image, index) => ({
      model: name,
      image,
      class: classOf(index),
      tsneX: tsne.points[index]![0],
      tsneY: tsne.points[index]![1],
      umapX: umap.points[index]![0],
      umapY: umap.points[index]![1],
    })),
  );
  const figures = models.map(({ name, statistics, tsne, umap }) => ({ name, statistics, tsne, umap }));
  return {
    name: 'latentSpace',
    html: `${latentScatterHtml(spaces, heading)}\n${await latentPicturesHtml(spaces, heading)}`,
    data: { images, classes: images.map((_, index) => classOf(index)), seed, sigma, models: figures },
    csv: csvText(rows),
  };
}
