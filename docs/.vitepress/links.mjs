/**
 * Links of pages that lead out of this folder: examples are found on their page, other files in the repository
 * where package.json names one; elsewhere they are plain text.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('..', import.meta.url));
const root = join(docs, '..');
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const address = (typeof repository === 'string' ? repository : repository?.url)
  ?.replace(/^git\+/, '')
  .replace(/\.git$/, '');

/** Files that pages link to and that are no pages, such as a report: they are copied as they are. */
export const linkedFiles = new Set();

/** A plugin of markdown-it. */
export function repositoryLinks(markdown) {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    for (const { children } of tokens) if (children) rewrite(children, join(docs, dirname(env.relativePath ?? '')));
  });
}

function rewrite(tokens, folder) {
  let isDropped = false;
  for (const token of tokens) {
    if (token.type === 'link_open') isDropped = !leadsSomewhere(token, folder);
    if (isDropped && /^link_/.test(token.type))
      Object.assign(token, { type: 'text', tag: '', nesting: 0, content: '' });
    if (token.type === 'link_close') isDropped = false;
  }
}

/** Mends the link where it can; says whether it leads anywhere then. */
function leadsSomewhere(token, folder) {
  const href = token.attrGet('href') ?? '';
  if (/^([a-z]+:|[#/])/.test(href) || href === '') return true;
  const path = join(folder, decodeURI(href.split('#')[0]));
  if (relative(docs, path).startsWith('..')) {
    const [room, example] = relative(root, path).split('/');
    if (room === 'examples' && example !== 'README.md') {
      token.attrSet('href', `/reference/examples#${example}`);
      return true;
    }
    if (address === undefined) return false;
    const kind = existsSync(path) && statSync(path).isDirectory() ? 'tree' : 'blob';
    token.attrSet('href', `${address}/${kind}/main/${relative(root, path)}`);
  } else if (/\.(html|json)$/.test(path) && existsSync(path)) {
    linkedFiles.add(relative(docs, path));
    token.attrSet('target', '_self');
  }
  return true;
}
