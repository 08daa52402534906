/** A web server for the browser of this machine. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../errors.js';

/** A server that answers until it is closed. */
export interface LocalServer {
  /** Where the page is. */
  readonly url: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Names of this machine. A page of elsewhere whose name was made to lead here (DNS rebinding) asks by its own name. */
const ownNames = new Set(['localhost', '127.0.0.1', '[::1]']);

const nameIn = (host: string | undefined) => host?.replace(/:\d+$/, '').toLowerCase() ?? '';

/**
 * Serves to this machine alone.
 *
 * @param port 0 takes any that is free
 * @throws UserError where the port is taken
 */
export async function serveLocally(port: number, answer: RequestListener): Promise<LocalServer> {
  const server = createServer((request, response) => {
    if (ownNames.has(nameIn(request.headers.host))) return answer(request, response);
    response.writeHead(403, { 'Content-Type': 'text/plain' });
    response.end('This server answers its own machine: open it as localhost.\n');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    throw new UserError(`--port: got ${port}, which is taken or forbidden: choose another one.`);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${taken}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
