import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../files.js';
import type { Comparison } from '../compare.js';
import { answerOf } from './answer.js';
import { reportCsv } from './csv.js';
import { pageHtml } from './page.js';

/**
 * Writes index.html (one self-contained page), report.json (all figures; null where one is not defined) and
 * report.csv into the folder `directory`, made if need be. Files of an earlier report there are replaced.
 */
export async function writeReport(directory: string, comparison: Comparison): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { data } = comparison;
  const json = JSON.stringify({ ...data, answer: answerOf(data) }, null, 1);
  await writeFileAtomic(join(directory, 'report.json'), `${json}\n`);
  await writeFileAtomic(join(directory, 'report.csv'), reportCsv(data));
  await writeFileAtomic(join(directory, 'index.html'), await pageHtml(comparison));
}
