/** Where this tool keeps what it could get or make again, for the person who runs it. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `~/.cache/latent-vae/name`, or below XDG_CACHE_HOME. */
export function cacheFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'latent-vae', name);
}
