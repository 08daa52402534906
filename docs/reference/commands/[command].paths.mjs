/** A page for every command, from the built package. */
import { commandPages } from '../../.vitepress/command-pages.mjs';

const { verbs } = await import(new URL('../../../dist/scripts/cli/verbs.js', import.meta.url).href);
const commands = await Promise.all(
  Object.values(verbs).map(async ({ summary, load }) => (await load()).command.summary(summary)),
);

export default {
  paths: () => commandPages(commands).map(({ name, markdown }) => ({ params: { command: name }, content: markdown })),
};
