/** The page's own HTML and style. */
import { pageStyle } from '../report/page/shell/page-style.js';
import { startingPage } from '../report/page/shell/starting-page.js';
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

export const watchHtml = startingPage({
  title: 'A training',
  waiting: 'The page is starting. If nothing happens, allow JavaScript.',
  script: 'watch.js',
});

export const watchCss = `${pageStyle}${watchStyle}`;
