/** The page's script. */
import { render } from 'preact';
import { App } from './app.js';
import { startWorker } from './worker-client.js';

const root = document.getElementById('app');
if (root) {
  root.textContent = '';
  render(<App worker={startWorker(new URL('worker.js', document.baseURI).href)} />, root);
}
