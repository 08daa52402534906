/** The version of this package, from its package.json. */
import { createRequire } from 'node:module';
import { z } from 'zod';

const { version } = z
  .object({ version: z.string() })
  .parse(createRequire(import.meta.url)('latent-vae/package.json') as unknown);

export const libraryVersion = version;
