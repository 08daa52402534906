/** The page's own HTML and style. */
import { pageStyle } from '../report/page/shell/page-style.js';
import { startingPage } from '../report/page/shell/starting-page.js';
import { explorerStyle } from './explorer-style.js';

/**
 * The page loads nothing from elsewhere and sends nothing anywhere; its worker is started from a blob, which inherits this.
 * WebAssembly wants its own permission.
 */
export const explorerPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  // Preact sets positions through the style property, which needs no permission.
  "style-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export const explorerHtml = startingPage({
  title: 'What does a tokenizer keep of your picture?',
  waiting: `The page is starting. If nothing happens, allow JavaScript, and open the folder through a web server
rather than as a file: <code>latent-vae explore --port 4600</code> is one.`,
  script: 'page.js',
  policy: explorerPolicy,
});

export const explorerCss = `${pageStyle}${explorerStyle}`;
