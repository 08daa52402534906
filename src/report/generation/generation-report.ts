/** The page of `evaluate --diffusion`: what a diffusion model draws, class by class, beside what else there is. */
import { basename, resolve } from 'node:path';
import type { DiffusionEvaluation, DrawnSet } from '../../diffusion/evaluation/evaluate-diffusion.js';
import type { GeneratedSet } from '../../diffusion/evaluation/generated-set.js';
import { intervalText, percentText } from '../../evaluation/measures/interval-text.js';
import { pictureGrid } from '../../evaluation/picture-grid.js';
import { each, escapeHtml } from '../page/html.js';
import { neighbourPictures, neighboursNote } from '../page/sections/neighbours.js';
import { pictureHtml } from '../page/sections/section.js';
import { pageShell } from '../page/shell/page-shell.js';
import { writeFiles } from '../report.js';
import { generationAnswer } from './answer.js';

export interface GenerationReport {
  /** Path of the diffusion model, as a person gave it. */
  readonly model: string;
  readonly evaluation: DiffusionEvaluation;
  /** The samples first. */
  readonly drawn: readonly DrawnSet[];
}

/** Of a class, or of what has none. */
const shown = { perClass: 12, columns: 4 };

/** Writes index.html, which stands alone, and report.json into `directory`; an earlier report there is replaced. */
export async function writeGenerationReport(directory: string, report: GenerationReport): Promise<void> {
  const { evaluation, model } = report;
  const { shown: neighbours, ...figures } = evaluation;
  const answer = generationAnswer(evaluation);
  const json = { schemaVersion: 1, model, ...figures, nearest: neighbours.map(({ path }) => path), answer };
  await writeFiles(directory, [
    ['report.json', `${JSON.stringify(json, null, 1)}\n`],
    // Last, so that a page always has its figures beside it.
    ['index.html', await pageOf(report, answer)],
  ]);
}

async function pageOf(
  { model, evaluation, drawn }: GenerationReport,
  answer: { readonly headline: string; readonly sentences: readonly string[] },
): Promise<string> {
  const { size, sets } = evaluation;
  const samples = sets[0]?.pictures ?? 0;
  return pageShell(
    { models: [] },
    {
      ...answer,
      kicker: `Does ${basename(resolve(model))} generate? · ${samples} samples and as many of the others · ${size}×${size} px`,
      sections: [await drawnHtml(drawn), figuresHtml(sets), await neighboursHtml(evaluation)],
      files: 'These figures stand beside it in report.json.',
    },
  );
}

async function drawnHtml(drawn: readonly DrawnSet[]): Promise<string> {
  const figures = await Promise.all(drawn.flatMap(groupsOf).map(groupHtml));
  const isBeside = drawn.length > 1 ? '; beside them draws from a prior, not chosen either' : '';
  const classes = drawn[0]?.classes === undefined ? '' : ' of each class';
  return `<section>
<h2>What was drawn</h2>
<p class="note">The first samples${classes}, not chosen${isBeside}.</p>
<div class="drawn">
${figures.join('\n')}
</div>
</section>`;
}

interface Group extends Pick<DrawnSet, 'name' | 'pictures'> {}

function groupsOf({ name, pictures, classes }: DrawnSet): Group[] {
  if (classes === undefined) return [{ name, pictures: pictures.slice(0, shown.perClass) }];
  return [...new Set(classes)].map((className) => ({
    name: className,
    pictures: pictures.filter((_, index) => classes[index] === className).slice(0, shown.perClass),
  }));
}

async function groupHtml({ name, pictures }: Group): Promise<string> {
  const columns = Math.min(shown.columns, pictures.length);
  return `<figure><h3>${escapeHtml(name)}</h3>${await pictureHtml(pictureGrid(pictures, columns), name)}</figure>`;
}

function figuresHtml(sets: readonly GeneratedSet[]): string {
  const heads = ['pictures', 'distance to test pictures', 'to training pictures', 'precision', 'recall'];
  const row = ({ name, pictures, toTest, toTraining, quality }: GeneratedSet) => {
    const figures = [String(pictures), intervalText(toTest, 2), intervalText(toTraining, 2)];
    const cells = [...figures, percentText(quality.precision), percentText(quality.recall)];
    return `<tr><th scope="row">${escapeHtml(name)}</th>${each(cells, (cell) => `<td>${escapeHtml(cell)}</td>`)}</tr>`;
  };
  return `<section>
<h2>In figures</h2>
<p class="prose">Fréchet distances on built-in features (no FID), comparable within this table alone, with 95 % intervals: less is
nearer. Precision is the share of drawn pictures among the real ones, recall that of real pictures among the drawn. Real pictures are at a
distance of 0 from themselves.</p>
<div class="scroll"><table>
<thead><tr><th scope="col">what</th>${each(heads, (head) => `<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${each(sets, row)}</tbody>
</table></div>
</section>`;
}

async function neighboursHtml({ shown: neighbours }: DiffusionEvaluation): Promise<string> {
  return `<section>
<h2>Is it learned, or remembered?</h2>
<p class="note">${neighboursNote}</p>
${await neighbourPictures(neighbours, 'Samples, and below each the training picture nearest to it')}
</section>`;
}
