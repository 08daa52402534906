/** The causes with what each is worth, and the changes that are none of them. */

import {
  type CauseEffect,
  type EffectMeasure,
  effectMeasures,
  type LinkEffect,
} from '../../../evaluation/differences/causes.js';
import { signed } from '../../../evaluation/differences/difference.js';
import type { CauseVerdict } from '../../../evaluation/differences/verdict.js';
import { formatMeasure, measureGuides } from '../../../evaluation/measures/measure-guide.js';
import { each, escapeHtml } from '../../page/html.js';
import type { LadderReport } from '../report-data.js';
import { linkWords } from './answer.js';
import { differenceChart } from './difference-chart.js';

const verdictLabels: Readonly<Record<CauseVerdict, string>> = {
  supported: 'supported',
  'partly supported': 'supported in part',
  'not supported': 'not supported by these data',
  contradicted: 'contradicted by these data',
};

export function causesHtml(report: LadderReport): string {
  return `<section class="causes">
<h2>What each cause is worth</h2>
<p class="note">Two models that differ in one thing, on the same pictures: the figure of the one without the cause minus the
figure of the one with it, and its interval. More PSNR, more sharpness and less perceptual distance are better.</p>
${each(report.causes, (cause) => causeHtml(cause, report))}
</section>`;
}

function causeHtml({ name, claim, verdict, links }: CauseEffect, report: LadderReport): string {
  return `<article class="cause">
<h3>${escapeHtml(capitalized(name))}: <em>${verdictLabels[verdict]}</em></h3>
<p>${escapeHtml(claim)}</p>
${effectsHtml(links, report, 'without it')}
</article>`;
}

/** Changes that no cause stands for. */
export function asideHtml(report: LadderReport): string {
  const links = report.links.filter(({ cause }) => cause === undefined);
  if (links.length === 0) return '';
  return `<section>
<h2>Beside the causes</h2>
<p class="note">Other single changes, in the same way.</p>
${effectsHtml(links, report, 'changed')}
</section>`;
}

function effectsHtml(links: readonly LinkEffect[], { data, names }: LadderReport, contrast: string): string {
  const shown = effectMeasures.filter((measure) => links.some(({ differences }) => differences[measure] !== undefined));
  const { confidence } = data.protocol;
  return `<div class="charts">
${each(['psnrDb', 'gradientEnergyRatio', 'perceptualDistance'] as const, (measure) =>
  links.some(({ differences }) => differences[measure])
    ? `<figure class="chart"><h3>${measureGuides[measure].label}</h3>
<figcaption>Change with its ${100 * confidence} % interval; the dashed line is no change.</figcaption>
${differenceChart(links, measure)}</figure>`
    : '',
)}
</div>
<div class="scroll"><table>
<thead><tr>
${heading('Change', 'ascending')}${heading('From', 'ascending')}${heading('To', 'ascending')}
${each(shown, (measure) => heading(`Δ ${label(measure)}`, 'descending'))}
${heading('Seeds', 'descending')}${contrast === 'changed' ? '' : heading('Reading', 'ascending')}
</tr></thead>
<tbody>
${each(
  links,
  (link) => `<tr>
<th scope="row" data-value="${escapeHtml(link.change)}" title="${escapeHtml(link.settings.join('; '))}">${escapeHtml(link.change)}</th>
${cell(names.get(link.parent) ?? link.parent)}${cell(names.get(link.child) ?? link.child)}
${each(shown, (measure) => differenceCell(link, measure))}
${cell(String(link.differences.psnrDb.seeds))}${contrast === 'changed' ? '' : cell(linkWords[link.verdict])}
</tr>`,
)}
</tbody>
</table></div>`;
}

function label(measure: EffectMeasure): string {
  const { label: name, unit } = measureGuides[measure];
  return unit ? `${name} [${unit}]` : name;
}

function heading(text: string, first: 'ascending' | 'descending'): string {
  return `<th scope="col" data-first="${first}"><button type="button">${escapeHtml(text)}</button></th>`;
}

function cell(text: string): string {
  return `<td data-value="${escapeHtml(text)}">${escapeHtml(text)}</td>`;
}

function differenceCell({ differences }: LinkEffect, measure: EffectMeasure): string {
  const difference = differences[measure];
  if (!difference || !Number.isFinite(difference.mean)) return '<td data-value="0">–</td>';
  const { mean, low, high } = difference;
  const text = formatMeasure(measure, mean) === '–' ? '–' : signed(measure, mean);
  const range = `<small>${signed(measure, low)} to ${signed(measure, high)}</small>`;
  return `<td data-value="${mean}"><strong>${text}</strong>${range}</td>`;
}

const capitalized = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
