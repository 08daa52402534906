/** The HTML of a page that a script makes: what stands there until the script runs. */

export interface StartingPage {
  readonly title: string;
  /** What a person reads who waits in vain, as HTML. */
  readonly waiting: string;
  /** File of the module, beside the page. */
  readonly script: string;
  /** Content security policy, for pages that no server of ours sends. */
  readonly policy?: string;
}

/** Its style is style.css, beside it. */
export const startingPage = ({ title, waiting, script, policy }: StartingPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${policy === undefined ? '' : `<meta http-equiv="Content-Security-Policy" content="${policy}">\n`}<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${title}</title>
<link rel="stylesheet" href="style.css">
<script type="module" src="${script}"></script>
</head>
<body>
<div id="app">
<main>
<h1>${title}</h1>
<p>${waiting}</p>
</main>
</div>
</body>
</html>
`;
