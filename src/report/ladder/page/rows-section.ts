/** What each row is and how it was trained, so that it can be trained again. */
import { each, escapeHtml } from '../../page/html.js';
import type { LadderReport, LadderRowFacts } from '../report-data.js';

export function rowsHtml({ rows }: LadderReport): string {
  return `<section>
<h2>The models</h2>
<dl>
${each(rows, (row) => `<dt>${escapeHtml(row.name)}</dt><dd>${escapeHtml(row.summary)} ${escapeHtml(trainingOf(row))}</dd>`)}
</dl>
</section>`;
}

function trainingOf({ preset, settings, steps, images, minutes, seeds }: LadderRowFacts): string {
  const trained = steps === 0 ? 'Computed in closed form' : `${steps} steps, ${images} images`;
  const times = seeds === 1 ? '' : `, ${seeds} seeds`;
  const options = settings.length === 0 ? '' : `; ${settings.join(', ')}`;
  return `${trained}, ${minutes.toFixed(1)} min each${times}. Preset ${preset}${options}.`;
}
