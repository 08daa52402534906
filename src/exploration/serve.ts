/** A local web server for an exploration, with the headers that let WebAssembly use threads. */
import sirv from 'sirv';
import { type LocalServer, serveLocally } from '../serving/local-server.js';
import { explorerPolicy } from './page-files.js';

/** Without these, no page may share memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const safety = {
  'Content-Security-Policy': explorerPolicy,
  'X-Content-Type-Options': 'nosniff',
};

export interface ServeOptions {
  /** Whether the page may compute on several threads; without, it is served as by a static host that knows nothing of them. */
  readonly threads?: boolean;
}

/**
 * Serves to this machine alone.
 *
 * @param port 0 takes any that is free
 * @throws UserError where the port is taken
 */
export async function serveExploration(
  folder: string,
  port: number,
  { threads = true }: ServeOptions = {},
): Promise<LocalServer> {
  const headers = { ...(threads && isolation), ...safety };
  // Files are looked up when asked for, so that nothing of an older folder of this name is remembered.
  const files = sirv(folder, {
    dev: true,
    setHeaders(response) {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
  });
  return serveLocally(port, (request, response) => {
    files(request, response, () => {
      response.writeHead(404).end('There is no such file.');
    });
  });
}
