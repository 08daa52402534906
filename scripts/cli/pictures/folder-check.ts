/** What `doctor` says of a folder, in sentences. */
import type { FolderCheck, Spread } from '../../../src/data/check.js';
import { leftOutLine } from '../../../src/data/input/left-out.js';
import { counted } from '../../../src/quantities.js';

const mostExamples = 5;

export function folderCheckLines(directory: string, check: FolderCheck): string[] {
  const { images, formats, sizes, labels, captions, metadata, skipped, leftOut, duplicates, notes } = check;
  const { nearlyConstant, nearlyBlack } = check;
  const kinds = Object.entries(formats).map(([format, count]) => `${count} ${format}`);
  const classes = Object.entries(labels).map(([name, count]) => `${name} ${count}`);
  const lines = [`${directory}: ${counted(images, 'image')} can be read${bracketed(kinds)}.`];
  if (images > 0) lines.push(`Sizes: ${spread(sizes.width)} px wide, ${spread(sizes.height)} px high.`);
  lines.push(classes.length === 0 ? 'No classes.' : `${counted(classes.length, 'class')}: ${some(classes)}.`, ...notes);
  lines.push(
    captions + metadata === 0 ? 'No captions.' : `Captions beside ${captions} of them, metadata beside ${metadata}.`,
  );
  lines.push(
    ...listed(
      `${skipped.length} cannot be used`,
      skipped.map(({ path, reason }) => `${path}: ${reason}`),
      skipped.length,
    ),
  );
  lines.push(...listed('Not read', leftOut.map(leftOutLine), leftOut.length));
  const same = duplicates.map((paths) => some(paths));
  lines.push(...listed(`${counted(duplicates.length, 'group')} of files of the same bytes`, same));
  lines.push(...listed(`${nearlyConstant.length} nearly of one colour`, nearlyConstant));
  lines.push(...listed(`${nearlyBlack.length} nearly black`, nearlyBlack));
  return lines;
}

const bracketed = (parts: readonly string[]) => (parts.length === 0 ? '' : ` (${parts.join(', ')})`);

const spread = ({ min, median, max }: Spread) => (min === max ? `${min}` : `${min} to ${max} (median ${median})`);

const some = (names: readonly string[]) =>
  names.slice(0, mostExamples).join(', ') + (names.length > mostExamples ? `, … (${names.length})` : '');

/** Nothing for an empty list. */
function listed(title: string, items: readonly string[], most = mostExamples): string[] {
  if (items.length === 0) return [];
  const left = items.length - most;
  const shown = items.slice(0, most).map((item) => `  ${item}`);
  return [`${title}:`, ...shown, ...(left > 0 ? [`  … and ${left} more (--json lists all)`] : [])];
}
