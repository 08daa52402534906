/** The page's own HTML and style. */
import { pageStyle } from '../report/page/page-style.js';
import { watchStyle } from './watch-style.js';

/** The page loads nothing from elsewhere and sends nothing anywhere. Charts carry a style element of their own. */
export const watchPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const watchHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>A training</title>
<link rel="stylesheet" href="style.css">
<script type="module" src="watch.js"></script>
</head>
<body>
<div id="app">
<main>
<h1>A training</h1>
<p>The page is starting. If nothing happens, allow JavaScript.</p>
</main>
</div>
</body>
</html>
`;

export const watchCss = `${pageStyle}${watchStyle}`;
