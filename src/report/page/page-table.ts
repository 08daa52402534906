import type { ComparisonData, ModelResult } from '../../evaluation/compare.js';
import { formatMeasure } from '../../evaluation/measures/measure-guide.js';
import { type FactColumn, factColumns, type MeasureColumn, measureColumnsOf } from '../columns.js';
import { modelColor } from './charts.js';
import { each, escapeHtml, keyed } from './html.js';

const [nameColumn, ...otherFacts] = factColumns;

/** One row per model: figures first, then what the model is. Cells carry the value that sorting goes by. */
export function tableHtml({ models }: ComparisonData): string {
  const measures = measureColumnsOf(models);
  return `<div class="scroll"><table>
<thead><tr>
${heading(nameColumn!.label, nameColumn!.meaning, 'ascending')}
${each(measures, ({ label, unit, meaning }) => {
  return heading(unit ? `${label} [${unit}]` : label, meaning, 'descending');
})}
${each(otherFacts, ({ label, meaning }) => heading(label, meaning, 'ascending'))}
</tr></thead>
<tbody>
${each(
  models,
  (model, index) => `<tr>
<th scope="row" data-value="${escapeHtml(model.name)}" style="--key: ${modelColor(index)}">${keyed(model.name)}</th>
${each(measures, (column) => measureCell(column, model))}
${each(otherFacts, (column) => factCell(column, model))}
</tr>`,
)}
</tbody>
</table></div>`;
}

function heading(label: string, meaning: string, first: 'ascending' | 'descending'): string {
  const button = `<button type="button">${escapeHtml(label)}</button>`;
  return `<th scope="col" data-first="${first}" title="${escapeHtml(meaning)}">${button}</th>`;
}

function factCell({ value, text }: FactColumn, model: ModelResult): string {
  return `<td data-value="${escapeHtml(String(value(model)))}">${escapeHtml(text(model))}</td>`;
}

function measureCell({ key, interval }: MeasureColumn, model: ModelResult): string {
  const { mean, low, high, count } = interval(model);
  const spread = count < 2 ? '' : `<small>${formatMeasure(key, low)} – ${formatMeasure(key, high)}</small>`;
  const value = Number.isNaN(mean) ? -1 : mean;
  return `<td data-value="${value}"><strong>${formatMeasure(key, mean)}</strong>${spread}</td>`;
}
