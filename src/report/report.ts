import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Comparison } from '../evaluation/compare.js';
import { writeFileAtomic } from '../files.js';
import { reportCsv } from './csv.js';
import { answerOf } from './page/answer.js';
import { pageHtml } from './page/page.js';
import type { ReportSection } from './page/sections/section.js';

/**
 * Writes index.html (one self-contained page), report.json (all figures; null where one is not defined) and
 * report.csv into the folder `directory`, made if need be. Files of an earlier report there are replaced.
 *
 * @param sections further parts of the page; their figures stand in report.json under their names, and in CSV files of theirs
 */
export async function writeReport(
  directory: string,
  comparison: Comparison,
  sections: readonly ReportSection[] = [],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { data } = comparison;
  const more = Object.fromEntries(sections.map((section) => [section.name, section.data]));
  const json = JSON.stringify({ ...data, answer: answerOf(data), ...more }, null, 1);
  await writeFileAtomic(join(directory, 'report.json'), `${json}\n`);
  await writeFileAtomic(join(directory, 'report.csv'), reportCsv(data));
  for (const { name, csv } of sections) {
    if (csv !== undefined) await writeFileAtomic(join(directory, `${name}.csv`), csv);
  }
  const html = sections.map((section) => section.html);
  await writeFileAtomic(join(directory, 'index.html'), await pageHtml(comparison, html));
}
