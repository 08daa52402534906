/** The documents of the repository: README, CONTRIBUTING, all of docs/ and what stands beside examples. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verbs } from '../../scripts/cli/verbs.js';
import { type CodeBlock, codeBlocks } from './code-blocks.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Every file of the repository, relative to it; undefined where it is no git repository. */
export const tracked = existsSync(join(root, '.git'))
  ? execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter((path) => existsSync(join(root, path)))
  : undefined;

/** Without those that a build fills in. */
export const documents = (tracked ?? []).filter((path) => path.endsWith('.md') && !path.includes('['));

export const textOf = (document: string): string => readFileSync(join(root, document), 'utf8');

/** Of a document, with where it stands. */
export interface PlacedBlock extends CodeBlock {
  /** `docs/start-here.md:12` */
  readonly place: string;
}

export const blocks: readonly PlacedBlock[] = documents.flatMap((document) =>
  codeBlocks(textOf(document)).map((block) => ({ ...block, place: `${document}:${block.line}` })),
);

/** All commands, loaded. */
export const commands = await Promise.all(
  Object.values(verbs).map(async ({ summary, load }) => (await load()).command.summary(summary)),
);
