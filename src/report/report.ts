import { join } from 'node:path';
import type { Comparison } from '../evaluation/compare.js';
import { makeFolder, removeTemporaries, writeFileAtomic } from '../files.js';
import { lockFolder } from '../lock/folder-lock.js';
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
  const { data } = comparison;
  const more = Object.fromEntries(sections.map((section) => [section.name, section.data]));
  const json = JSON.stringify({ ...data, answer: answerOf(data), ...more }, null, 1);
  const tables = sections.flatMap(({ name, csv }) => (csv === undefined ? [] : [[`${name}.csv`, csv] as const]));
  const html = sections.map((section) => section.html);
  await writeFiles(directory, [
    ['report.json', `${json}\n`],
    ['report.csv', reportCsv(data)],
    ...tables,
    // Last, so that a page always has its figures beside it.
    ['index.html', await pageHtml(comparison, html)],
  ]);
}

/** Into a folder that one process at a time writes to, without what a killed one left half written. */
export async function writeFiles(directory: string, files: readonly (readonly [string, string])[]): Promise<void> {
  await makeFolder(directory);
  const lock = await lockFolder(directory);
  try {
    await removeTemporaries(directory);
    for (const [name, text] of files) await writeFileAtomic(join(directory, name), text, lock.assertHeld);
  } finally {
    await lock.release();
  }
}
