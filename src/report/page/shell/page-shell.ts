/** What every page has around its sections: head, style, the answer on top, the script. */
import { escapeHtml } from '../html.js';
import { colored, type Named, withNames } from '../model-names.js';
import { sectionStyle } from '../sections/section-style.js';
import { pageScript } from './page-script.js';
import { pageStyle } from './page-style.js';

/** The browser may load nothing but what the page itself holds. */
const contentPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

export interface PageParts {
  /** Models are named by tokens in it and in the sentences; see `nameTokens`. */
  readonly headline: string;
  /** The line above the headline. */
  readonly kicker: string;
  /** What stands first, line by line. */
  readonly verdicts?: readonly string[];
  readonly sentences: readonly string[];
  /** HTML of the sections below the answer. */
  readonly sections: readonly string[];
  /** Which files beside the page hold its figures, in words. */
  readonly files: string;
}

/** Headings of fewer sections are seen at a glance. */
const fewestForContents = 5;

/** Every heading of the second level gets an address, and the list of them stands on top. */
function withContents(sections: readonly string[]): { contents: string; html: string } {
  const titles: string[] = [];
  const html = sections.join('\n').replace(/<h2>(.*?)<\/h2>/g, (_, title: string) => {
    titles.push(title);
    return `<h2 id="section-${titles.length}">${title}</h2>`;
  });
  if (titles.length < fewestForContents) return { contents: '', html };
  const links = titles.map((title, index) => `<a href="#section-${index + 1}">${title}</a>`);
  return { contents: `<nav class="contents" aria-label="Contents">${links.join('\n')}</nav>`, html };
}

/** A self-contained page about the models of `data`, whose names take their colours in headline and answer. */
export function pageShell(
  data: Named,
  { headline, kicker, verdicts = [], sentences, sections, files }: PageParts,
): string {
  const { contents, html } = withContents(sections);
  const lines = verdicts.map((verdict) => `<li>${colored(verdict, data)}</li>`);
  const verdictsHtml = lines.length === 0 ? '' : `<ul class="verdicts">\n${lines.join('\n')}\n</ul>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(withNames(headline, data))}</title>
<style>${pageStyle}${sectionStyle}</style>
</head>
<body class="pixels${data.models.length > 3 ? ' many' : ''}">
<main>
<header>
<p class="kicker">${escapeHtml(kicker)}</p>
<h1>${colored(headline, data)}</h1>
${verdictsHtml}<p class="answer">${colored(sentences.join(' '), data)}</p>
${contents}
</header>
${html}
<footer>Made by latent-vae. ${escapeHtml(files)}</footer>
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}
