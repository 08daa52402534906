/** Changes to files as documents write them: diffs without line numbers, whose place their own lines tell. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the changes below `folder`. `--- path` begins a file, `@@` another place of it; the lines that stay or go must be there
 * once. A file that is not there is made of lines that come alone.
 */
export function applyEdits(folder: string, diff: string): void {
  for (const part of diff.split(/^--- /m).slice(1)) {
    const [path = '', ...lines] = part.trimEnd().split('\n');
    const places = lines.join('\n').split(/^@@\n/m);
    for (const place of places) applyAt(join(folder, path), place.trimEnd().split('\n'));
  }
}

function applyAt(path: string, lines: readonly string[]): void {
  const textOf = (signs: string) =>
    lines.flatMap((line) => (signs.includes(line[0] ?? '') ? [`${line.slice(1)}\n`] : [])).join('');
  const [old, changed] = [textOf(' -'), textOf(' +')];
  if (old === '') {
    if (existsSync(path)) throw new Error(`${path} is there already, and the change does not say where it belongs`);
    writeFileSync(path, changed);
    return;
  }
  const text = readFileSync(path, 'utf8');
  if (text.split(old).length !== 2) throw new Error(`Wanted in ${path}, once:\n${old}`);
  writeFileSync(
    path,
    text.replace(old, () => changed),
  );
}
