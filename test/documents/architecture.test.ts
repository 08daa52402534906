/** docs/architecture.md: its picture is as the code has it, and its examples do what they should where they are applied. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyEdits } from './apply-edits.js';
import { codeBlocks } from './code-blocks.js';
import { typeErrors } from './type-errors.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the picture is as the code has it', () => {
  const check = () =>
    execFileSync(process.execPath, ['tools/draw-architecture.mjs', '--check'], { cwd: root, stdio: 'pipe' });
  expect(check).not.toThrow();
});

describe('the worked examples, all in one copy of the source', () => {
  const copy = join(root, '.cache', 'test', `architecture-${process.pid}`);
  const blocks = codeBlocks(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));
  const programs = blocks.filter(({ language }) => language === 'ts');
  const pathOf = (heading: string) => join(copy, `${heading.toLowerCase().replaceAll(' ', '-')}.ts`);

  beforeAll(() => {
    for (const part of ['src', 'test/latents/fixture.ts'])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    for (const { language, code } of blocks) if (language === 'diff') applyEdits(copy, code);
    for (const { heading, code } of programs) writeFileSync(pathOf(heading), code);
  });
  afterAll(() => rmSync(copy, { recursive: true }));

  it('there is one for each of the four', () => {
    expect(programs.map(({ heading }) => heading)).toEqual(['A preset', 'A loss', 'A kernel', 'A format']);
  });

  it.each(programs)('$heading does what it should', async ({ heading }) => {
    const outfile = pathOf(heading).replace(/ts$/, 'mjs');
    const options = { bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external' } as const;
    await build({ entryPoints: [pathOf(heading)], outfile, ...options });
    expect(() => execFileSync(process.execPath, [outfile], { stdio: 'pipe' })).not.toThrow();
  });

  it('their types fit', () => {
    const changed = blocks.flatMap(({ code }) =>
      [...code.matchAll(/^--- (.*)$/gm)].map(([, path = '']) => join(copy, path)),
    );
    expect(typeErrors([...changed, ...programs.map(({ heading }) => pathOf(heading))])).toEqual([]);
  });
});

it('an edit whose place is not there is refused', () => {
  const folder = join(root, '.cache', 'test', `edits-${process.pid}`);
  mkdirSync(dirname(join(folder, 'a.ts')), { recursive: true });
  writeFileSync(join(folder, 'a.ts'), 'one\ntwo\n');
  expect(() => applyEdits(folder, '--- a.ts\n three\n+four\n')).toThrow('a.ts');
  applyEdits(folder, '--- a.ts\n-one\n+four\n two\n');
  expect(readFileSync(join(folder, 'a.ts'), 'utf8')).toBe('four\ntwo\n');
  rmSync(folder, { recursive: true });
});
