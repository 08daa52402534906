/** The part of the page that shows what diffusion models make of each tokenizer's latents. */
import type { TokenizerGeneration } from '../../../diffusion/comparison/compare-generation.js';
import { setOf } from '../../../diffusion/evaluation/generated-set.js';
import type { Interval } from '../../../evaluation/measures/bootstrap.js';
import { intervalText } from '../../../evaluation/measures/interval-text.js';
import { csvText } from '../../csv-text.js';
import { modelColor } from '../charts.js';
import { each, escapeHtml, keyed } from '../html.js';
import { neighbourPictures, neighboursNote } from './neighbours.js';
import { modelHeading, type ReportSection } from './section.js';

const explanation =
  'A tokenizer for diffusion is judged twice: by what it restores, and by what a diffusion model makes of its latents. The two ' +
  'may pull apart: more floats restore better and are harder to learn. Here the same small diffusion model was trained on the latents of ' +
  'each, for as many steps. Distances are Fréchet distances on built-in features (no FID), comparable within this table alone; ' +
  'reconstructions are the floor that samples cannot pass by much.';

/** @param names of the page's models in their order, which decides their colours */
export async function generationSection(
  results: readonly TokenizerGeneration[],
  names: readonly string[],
): Promise<ReportSection> {
  const heading = modelHeading(names, modelColor);
  const pictures = await Promise.all(
    results.map(async ({ name, evaluation: { shown } }) => {
      const description = `${name}: samples, and below each the training picture nearest to it`;
      return heading(name) + (await neighbourPictures(shown, description));
    }),
  );
  return {
    name: 'generation',
    html: `<section class="generation">
<h2>What diffusion makes of each latent</h2>
<p class="prose">${explanation}</p>
<p class="prose">${escapeHtml(generationVerdict(results))}</p>
${tableHtml(results, names)}
<p class="note">${neighboursNote}</p>
${pictures.join('\n')}
</section>`,
    data: results.map(({ evaluation: { shown, ...figures }, ...rest }) => ({ ...rest, ...figures })),
    csv: csvText(results.map(figuresOf)),
  };
}

/** Which tokenizer restores best, which generates best, and whether the data tell. */
export function generationVerdict(results: readonly TokenizerGeneration[]): string {
  if (results.length < 2) return 'With one tokenizer there is nothing to compare.';
  const restores = bestBy(results, 'reconstructions');
  const generates = bestBy(results, 'samples');
  const isSure = restores.rivals.length === 0 && generates.rivals.length === 0;
  const agree = restores.best === generates.best ? `${restores.best} does both best` : 'They pull apart here';
  return `${isSure ? agree : 'These figures do not tell whether they pull apart'}: ${said('restores', restores)}; ${said('generates', generates)}.`;
}

function said(does: string, { best, rivals }: { best: string; rivals: readonly string[] }): string {
  const unsure = rivals.length === 0 ? 'no other’s interval reaches it' : `not to be told from ${rivals.join(', ')}`;
  return `${best} ${does} nearest to the test pictures (${unsure})`;
}

function bestBy(results: readonly TokenizerGeneration[], set: 'samples' | 'reconstructions') {
  const distances = results.map((result) => ({
    name: result.name,
    distance: setOf(result.evaluation.sets, set).toTest,
  }));
  const best = distances.reduce((least, other) => (other.distance.mean < least.distance.mean ? other : least));
  const rivals = distances.filter((other) => other !== best && other.distance.low <= best.distance.high);
  return { best: best.name, rivals: rivals.map(({ name }) => name) };
}

interface Column {
  readonly label: string;
  readonly value: (result: TokenizerGeneration) => Interval | number | undefined;
  readonly digits: number;
}

const columns: readonly Column[] = [
  {
    label: 'distance of reconstructions',
    value: (result) => setOf(result.evaluation.sets, 'reconstructions').toTest,
    digits: 2,
  },
  { label: 'distance of samples', value: (result) => setOf(result.evaluation.sets, 'samples').toTest, digits: 2 },
  { label: 'precision', value: (result) => setOf(result.evaluation.sets, 'samples').quality.precision, digits: 3 },
  { label: 'recall', value: (result) => setOf(result.evaluation.sets, 'samples').quality.recall, digits: 3 },
  {
    label: 'right by a classifier of samples',
    value: ({ evaluation }) => evaluation.accuracies?.trainedOnSamples,
    digits: 3,
  },
  { label: 'nearest training picture', value: ({ evaluation }) => evaluation.nearestDistanceRatio, digits: 2 },
  { label: 'effective rank of channels', value: ({ latents }) => latents?.effectiveRank, digits: 1 },
  { label: 'slope of the spectrum', value: ({ latents }) => latents?.spectrumSlope, digits: 2 },
];

/** One line for each tokenizer, for a terminal. */
export function generationLines(results: readonly TokenizerGeneration[]): string[] {
  return results.map((result) => {
    const figures = columns.flatMap(({ label, value, digits }) => {
      const text = textOf(value(result), digits);
      return text === '' ? [] : [`${label} ${text}`];
    });
    return `${result.name}: ${figures.join('; ')}`;
  });
}

function tableHtml(results: readonly TokenizerGeneration[], names: readonly string[]): string {
  const row = (result: TokenizerGeneration) => {
    const color = modelColor(names.indexOf(result.name));
    const cells = each(columns, ({ value, digits }) => `<td>${escapeHtml(textOf(value(result), digits))}</td>`);
    return `<tr><th scope="row" style="--key: ${color}">${keyed(result.name)}</th>${cells}</tr>`;
  };
  const head = each(columns, ({ label }) => `<th scope="col">${escapeHtml(label)}</th>`);
  return `<div class="scroll"><table>
<thead><tr><th scope="col">model</th>${head}</tr></thead>
<tbody>${each(results, row)}</tbody>
</table></div>`;
}

function textOf(value: Interval | number | undefined, digits: number): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return value.toFixed(digits);
  return intervalText(value, digits);
}

function figuresOf(result: TokenizerGeneration): Record<string, string | number | undefined> {
  const figures = columns.map(({ label, value }) => {
    const figure = value(result);
    return [label, typeof figure === 'object' ? figure.mean : figure] as const;
  });
  return { model: result.name, steps: result.steps, loss: result.loss, ...Object.fromEntries(figures) };
}
