import type { BoundEstimate } from '../../../evaluation/bound/bound.js';
import { boundNote } from '../../../evaluation/bound/bound-table.js';
import { type BoundRow, boundRows } from '../../../evaluation/bound/rows.js';
import { csvText } from '../../csv-text.js';
import { modelColor } from '../charts.js';
import { each, escapeHtml, keyed } from '../html.js';
import type { ReportSection } from './section.js';

/** A model's bound; null where its posterior is a point and bounds nothing. */
export interface NamedBound {
  readonly name: string;
  readonly bound: BoundEstimate | null;
}

const explanation =
  'A VAE does not raise the likelihood log p(x) itself but a bound below it, the ELBO. What it gives away is ' +
  'KL(q(z|x) ‖ p(z|x)): how far the encoder’s Gaussian is from the true posterior. Weighted draws close that gap: with k of ' +
  'them the bound rises to log p(x) as k grows, so the last bound minus the ELBO is at least what the Gaussian posterior ' +
  'costs. Without an encoder, draws from the prior almost never land near the image, and the estimate stays far below. ' +
  'All models are measured under the same likelihood, whichever loss they were trained with: one trained for other losses, ' +
  'or with a weak KL term, pays for that here.';

/**
 * The bounds of all models as a table: a row for each figure, a column for each model.
 *
 * @param names of the page's models in their order, which decides their colours
 */
export function boundSection(bounds: readonly NamedBound[], names: readonly string[]): ReportSection {
  const measured = bounds.flatMap(({ name, bound }) => {
    return bound ? [{ name, color: modelColor(names.indexOf(name)), bound, rows: boundRows(bound) }] : [];
  });
  const left = bounds.filter(({ bound }) => bound === null).map(({ name }) => name);
  const csvRows = measured.flatMap(({ name, rows }) =>
    rows.map(({ key, nats, bits }) => ({
      model: name,
      figure: key,
      nats: nats.mean,
      low: nats.low,
      high: nats.high,
      bitsPerDimension: bits?.continuous,
      eightBitsPerDimension: bits?.eightBit,
    })),
  );
  return {
    name: 'bound',
    html: boundHtml(measured, left),
    data: bounds,
    csv: csvText(csvRows),
  };
}

interface MeasuredBound {
  readonly name: string;
  readonly color: string;
  readonly bound: BoundEstimate;
  readonly rows: readonly BoundRow[];
}

function boundHtml(measured: readonly MeasuredBound[], left: readonly string[]): string {
  const without =
    left.length === 0
      ? ''
      : `<p class="note">Without a variance in their posterior, and so without a bound: ${escapeHtml(left.join(', '))}.</p>`;
  const [first] = measured;
  const table = first
    ? `${tableHtml(measured, first.rows)}
<p class="note">${escapeHtml(boundNote(first.bound))} Small print: bits per value; in brackets those of 8-bit values.</p>`
    : '';
  return `<section class="bound">
<h2>How probable each model finds the images</h2>
<p class="prose">${explanation}</p>
${table}
${without}
</section>`;
}

function tableHtml(measured: readonly MeasuredBound[], rows: readonly BoundRow[]): string {
  const headings = each(measured, ({ name, color }) => `<th scope="col" style="--key: ${color}">${keyed(name)}</th>`);
  return `<div class="scroll"><table>
<thead><tr><th scope="col">nats per image</th>${headings}</tr></thead>
<tbody>
${each(rows, ({ key, label, meaning }, at) => {
  const strong = key === 'elbo' || key.startsWith('importance');
  const cells = each(measured, (model) => cellHtml(model.rows[at]!, strong));
  return `<tr><th scope="row">${escapeHtml(label)}<small>${escapeHtml(meaning)}</small></th>${cells}</tr>`;
})}
</tbody>
</table></div>`;
}

function cellHtml({ nats, bits }: BoundRow, strong: boolean): string {
  const decimals = { maximumFractionDigits: 1, minimumFractionDigits: 1 };
  const figure = (value: number) => value.toLocaleString('en', decimals).replace('-', '−');
  const spread = nats.count < 2 ? '' : `<small>${figure(nats.low)} to ${figure(nats.high)}</small>`;
  const perValue = bits ? `<small>${bits.continuous.toFixed(3)} (${bits.eightBit.toFixed(3)}) bits</small>` : '';
  const value = strong ? `<strong>${figure(nats.mean)}</strong>` : figure(nats.mean);
  return `<td>${value}${spread}${perValue}</td>`;
}
