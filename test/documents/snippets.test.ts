/** Programs and data in documents: types fit what the package exports, Python compiles, JSON and YAML parse. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { blocks, root, textOf, tracked } from './documents.js';
import { typeErrors } from './type-errors.js';

const ofLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

describe('TypeScript', () => {
  const folder = join(root, '.cache', 'test', `snippets-${process.pid}`);
  // The examples of docs/architecture.md belong to a changed copy of the source: architecture.test.ts runs them.
  const programs = ofLanguage('ts').filter(({ place }) => !place.startsWith('docs/architecture.md'));
  const doors = ['engine', 'evaluation', 'latents', 'report', 'tokenizer', 'train'];
  const aliases = {
    'latent-vae': [join(root, 'src/index.ts')],
    'latent-vae/web': [join(root, 'src/web/index.ts')],
    ...Object.fromEntries(doors.map((door) => [`latent-vae/${door}`, [join(root, `src/exports/${door}.ts`)]])),
  };
  const pathOf = (place: string) => join(folder, `${place.replace(/[/.:]/g, '-')}.ts`);
  const errorsOf = (code: string) => {
    writeFileSync(pathOf('wrong'), code);
    return typeErrors([pathOf('wrong')], aliases);
  };
  mkdirSync(folder, { recursive: true });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('fits the types of the package', () => {
    expect(programs.length).toBeGreaterThan(8);
    for (const { place, code } of programs) writeFileSync(pathOf(place), `${code}export {};\n`);
    expect(
      typeErrors(
        programs.map(({ place }) => pathOf(place)),
        aliases,
      ),
    ).toEqual([]);
  });

  it('is refused where it does not', () => {
    const [error = ''] = errorsOf("import { openTokenizer } from 'latent-vae/tokenizer';\nawait openTokenizer(3);\n");
    expect(error).toContain("'number' is not assignable");
  });

  it.each(ofLanguage('ts').filter(({ code }) => code.startsWith('/** ')))(
    '$place is the example itself',
    ({ code }) => {
      const examples = (tracked ?? []).filter((path) => path.startsWith('examples/') && path.endsWith('.ts'));
      expect(examples.map(textOf)).toContain(code);
    },
  );
});

/** Scripts of a page are programs, too. */
const scripts = [
  ...ofLanguage('js', 'mjs'),
  ...ofLanguage('html').flatMap((block) =>
    [...block.code.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, code = '']) => ({ ...block, code })),
  ),
];

it.each(scripts)('the JavaScript of $place parses', async ({ code }) => {
  await expect(transform(code, { loader: 'js', format: 'esm' })).resolves.toBeDefined();
});

it.each(ofLanguage('json', 'jsonl'))('the JSON of $place parses', ({ language, code }) => {
  for (const text of language === 'json' ? [code] : code.trim().split('\n'))
    expect(() => JSON.parse(text)).not.toThrow();
});

it.each(ofLanguage('yaml', 'yml'))('the YAML of $place parses', ({ code }) => {
  expect(parseYaml(code)).toBeTypeOf('object');
});

const python = process.env.LATENT_VAE_PYTHON ?? 'python3';
const isThere = spawnSync(python, ['--version']).status === 0;
if (!isThere)
  process.stdout.write('The Python of documents is not compiled: that wants python3, or LATENT_VAE_PYTHON.\n');

/** What Python says of a text that does not compile; '' for others. */
const pythonError = (code: string) =>
  spawnSync(python, ['-c', 'import sys; compile(sys.stdin.read(), "snippet", "exec")'], {
    input: code,
    encoding: 'utf8',
  }).stderr;

describe.skipIf(!isThere)('Python', () => {
  it.each(ofLanguage('python', 'py'))('of $place compiles', ({ code }) => {
    expect(pythonError(code)).toBe('');
  });

  it('of the reader of latents is one program everywhere, which test/latents runs', () => {
    const readers = ofLanguage('python').filter(({ code }) => code.includes('class Latents'));
    const [whole] = readers.filter(({ place }) => place.startsWith('docs/latents-format.md'));
    expect(readers.length).toBe(3);
    for (const { code } of readers) expect(whole?.code.startsWith(code.trimEnd())).toBe(true);
  });

  it('is refused where it does not', () => {
    expect(pythonError('for x in y print(x)')).toContain('SyntaxError');
  });
});
