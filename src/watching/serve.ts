/** The server of a training's page: it answers with what stands in the run folder, when it is asked. */
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalServer, serveLocally } from '../serving/local-server.js';
import { sampleName, samplesFolder, stepOfSample } from '../training/run/samples.js';
import { watchCss, watchHtml, watchPolicy } from './page-files.js';
import { followRun, type RunFollower } from './run-state.js';

/** What `npm run build` bundles. */
const bundleFolder = fileURLToPath(new URL('../../web/', import.meta.url));

interface Answer {
  readonly type: string;
  readonly body: string | Buffer;
}

const safety = {
  'Content-Security-Policy': watchPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
};

const script = (name: string) => async () => ({
  type: name.endsWith('.js') ? 'text/javascript' : 'text/plain',
  body: await readFile(join(bundleFolder, name)),
});

const ownFiles: Readonly<Record<string, () => Promise<Answer>>> = {
  '/': async () => ({ type: 'text/html', body: watchHtml }),
  '/style.css': async () => ({ type: 'text/css', body: watchCss }),
  '/watch.js': script('watch.js'),
  '/watch.js.LEGAL.txt': script('watch.js.LEGAL.txt'),
};

/**
 * Serves the page of a run to this machine alone, until it is closed. The run may be running, finished, or not there yet; the
 * server writes nothing.
 *
 * @param run a run folder of `train` or `train-diffusion`; a function, where it is not known from the beginning
 * @param port 0 takes any that is free
 * @throws UserError where the port is taken
 */
export async function watchRun(run: string | (() => string | undefined), port = 0): Promise<LocalServer> {
  const folderNow = typeof run === 'string' ? () => run : run;
  let follower: (RunFollower & { readonly folder: string }) | undefined;
  const followed = () => {
    const folder = folderNow();
    if (folder !== undefined && follower?.folder !== folder) follower = { folder, ...followRun(folder) };
    return follower;
  };
  const answer = async (path: string): Promise<Answer | undefined> => {
    const own = Object.hasOwn(ownFiles, path) ? ownFiles[path] : undefined;
    if (own) return own();
    const current = followed();
    if (path === '/run.json') return { type: 'application/json', body: JSON.stringify((await current?.now()) ?? null) };
    const step = path.startsWith('/samples/') ? stepOfSample(path.slice('/samples/'.length)) : undefined;
    return step === undefined || current === undefined ? undefined : sampleOf(current.folder, step);
  };
  return serveLocally(port, (request, response) => {
    respond(request, response, answer).catch((error: unknown) => {
      // The next request may find the folder in a better state.
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(`The run cannot be read: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
}

/** A picture of a validation, which lies in the run folder itself: no link leads out of it. */
async function sampleOf(run: string, step: number): Promise<Answer | undefined> {
  try {
    const path = await realpath(join(run, samplesFolder, sampleName(step)));
    if (!path.startsWith(`${await realpath(run)}${sep}`)) return undefined;
    return { type: 'image/png', body: await readFile(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (path: string) => Promise<Answer | undefined>,
): Promise<void> {
  for (const [name, value] of Object.entries(safety)) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const [path = '/'] = (request.url ?? '/').split('?');
  const found = await answer(path);
  if (found === undefined) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
    return;
  }
  const etag = `"${createHash('sha256').update(found.body).digest('base64url')}"`;
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ETag: etag }).end();
    return;
  }
  const type = found.type.startsWith('image/') ? found.type : `${found.type}; charset=utf-8`;
  response.writeHead(200, { ETag: etag, 'Content-Type': type, 'Content-Length': Buffer.byteLength(found.body) });
  response.end(request.method === 'HEAD' ? undefined : found.body);
}
