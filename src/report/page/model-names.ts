/**
 * Models' names in sentences. A name can be any word, the article "a" too: sentences that will be coloured are written about
 * models whose names are tokens, which no prose contains, and each token then becomes its model's name.
 */
import type { ComparisonData } from '../../evaluation/compare.js';
import { modelColor } from './charts.js';
import { escapeHtml } from './html.js';

// Of Unicode's private use area.
const [open, close] = ['\u{e000}', '\u{e001}'];
const token = new RegExp(`${open}(\\d+)${close}`);

/** The same data, each model named by its token. */
export const nameTokens = (data: ComparisonData): ComparisonData => ({
  ...data,
  models: data.models.map((model, index) => ({ ...model, name: `${open}${index}${close}` })),
});

/** What sentences name. */
export interface Named {
  readonly models: readonly { readonly name: string }[];
}

/** The text with names for tokens. */
export const withNames = (text: string, { models }: Named): string =>
  text
    .split(token)
    .map((part, position) => (position % 2 === 0 ? part : models[Number(part)]!.name))
    .join('');

/** As HTML: each model's name in its colour, short names unbroken. */
export function colored(text: string, { models }: Named): string {
  const html = text.split(token).map((part, position) => {
    if (position % 2 === 0) return escapeHtml(part);
    const { name } = models[Number(part)]!;
    const unbroken = name.length <= 24 ? ' class="unbroken"' : '';
    return `<b${unbroken} style="color: ${modelColor(Number(part))}">${escapeHtml(name)}</b>`;
  });
  return html.join('');
}
