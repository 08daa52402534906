/** Every link of a document to another leads somewhere. */
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { objectives, presets } from '../../src/config/config.js';
import { blocks, commands, documents, root, textOf, tracked } from './documents.js';

if (tracked === undefined) process.stdout.write('Links are not tested: that wants a git repository.\n');

const load = (path: string) => import(join(root, path));
const { anchorOf }: { anchorOf(heading: string): string } = await load('docs/.vitepress/anchors.mjs');
const { commandPages }: { commandPages(of: typeof commands): { name: string; markdown: string }[] } = await load(
  'docs/.vitepress/command-pages.mjs',
);
const { sidebar }: { sidebar: SidebarItem[] } = await load('docs/.vitepress/sidebar.mjs');
interface SidebarItem {
  readonly link?: string;
  readonly items?: readonly SidebarItem[];
}

const { presetPage }: { presetPage(...of: [object, object, () => object]): string } = await load(
  'docs/.vitepress/preset-page.mjs',
);

const { examplesPage }: { examplesPage(): string } = await load('docs/.vitepress/examples-page.mjs');

/** Pages that the build of the site makes: those of the API are checked there, when TypeDoc has made them. */
const madePages = new Map(
  commandPages(commands).map(({ name, markdown }) => [`docs/reference/commands/${name}.md`, markdown]),
);
madePages.set(
  'docs/reference/presets.md',
  presetPage(presets, objectives, () => ({ shape: [1, 1, 1], parameters: 1 })),
);
madePages.set('docs/reference/examples.md', examplesPage());
const isOfApi = (path: string) => path.startsWith('docs/reference/api');

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');
const anchorsOf = (text: string) =>
  [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
const linksOf = (text: string) => [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);

function isBroken(document: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return false;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (isOfApi(target)) return false;
  const made = madePages.get(target);
  const isThere = tracked?.some((name) => name === target || name.startsWith(`${target.replace(/\/$/, '')}/`));
  if (!isThere && made === undefined) return true;
  return anchor !== undefined && !anchorsOf(made ?? textOf(target)).includes(anchor);
}

it.skipIf(tracked === undefined).each(documents)('the links of %s', (document) => {
  expect(linksOf(textOf(document)).filter((link) => isBroken(document, link))).toEqual([]);
});

it.skipIf(tracked === undefined).each([...madePages.keys()])('the links of %s, which is made', (document) => {
  expect(linksOf(madePages.get(document) ?? '').filter((link) => isBroken(document, link))).toEqual([]);
});

it('a link that leads nowhere is found', () => {
  expect(isBroken('docs/index.md', 'nowhere.md')).toBe(true);
  expect(isBroken('docs/index.md', 'start-here.md#nowhere')).toBe(true);
});

it.skipIf(tracked === undefined)('the sidebar names every page once, and no other', () => {
  const linksIn = (items: readonly SidebarItem[]): string[] =>
    items.flatMap(({ link, items: inner = [] }) => [...(link === undefined ? [] : [link]), ...linksIn(inner)]);
  const named = linksIn(sidebar).map((link) => `docs${link.replace(/\/$/, '/index')}.md`);
  const pages = documents.filter((path) => path.startsWith('docs/') && path !== 'docs/index.md');
  expect(named.filter((path) => !isOfApi(path)).sort()).toEqual([...pages, ...madePages.keys()].sort());
});

it('the page of examples has every file of theirs', () => {
  const files = (tracked ?? []).filter((path) => path.startsWith('examples/') && !path.endsWith('README.md'));
  for (const file of files) expect(examplesPage()).toContain(`\`${file}\``);
});

it('code blocks are found', () => {
  expect(blocks.length).toBeGreaterThan(50);
});
