/** The ladder's files: the page, and its figures as JSON and as CSV. */

import { join } from 'node:path';
import { effectMeasures, type LinkEffect } from '../../evaluation/differences/causes.js';
import { makeFolder, writeFileAtomic } from '../../files.js';
import { reportCsv } from '../csv.js';
import { csvText } from '../csv-text.js';
import { ladderAnswer } from './page/answer.js';
import { ladderPage } from './page/page.js';
import type { LadderReport } from './report-data.js';

/**
 * Writes index.html (one self-contained page), report.json (rows, differences and every training's figures), models.csv (a
 * line per image of each training) and causes.csv (a line per difference), with what further sections add, into `directory`, made if need be.
 */
export async function writeLadderReport(directory: string, report: LadderReport): Promise<void> {
  await makeFolder(directory);
  const { title, budget, rows, causes, links, data, runs, sections } = report;
  const answer = ladderAnswer(data, causes, links);
  const more = Object.fromEntries(sections.map((section) => [section.name, section.data]));
  const json = { schemaVersion: 1, title, answer, budget, rows, causes, links, models: data.models, runs, ...more };
  await writeFileAtomic(join(directory, 'report.json'), `${JSON.stringify(json, null, 1)}\n`);
  await writeFileAtomic(join(directory, 'models.csv'), reportCsv(runs));
  await writeFileAtomic(join(directory, 'causes.csv'), causesCsv(links));
  for (const { name, csv } of sections) {
    if (csv !== undefined) await writeFileAtomic(join(directory, `${name}.csv`), csv);
  }
  await writeFileAtomic(join(directory, 'index.html'), await ladderPage(report));
}

/** One line per change and measure, unrounded. */
export function causesCsv(links: readonly LinkEffect[]): string {
  const lines = links.flatMap(({ cause = '', change, parent, child, settings, verdict, differences }) =>
    effectMeasures.flatMap((measure) => {
      const difference = differences[measure];
      if (!difference) return [];
      const { mean, low, high, count, seeds } = difference;
      const figures = { measure, difference: mean, low, high, images: count, seeds };
      return [{ cause, change, parent, child, ...figures, verdict, settings: settings.join('; ') }];
    }),
  );
  return csvText(lines);
}
