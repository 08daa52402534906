/** The tokenizers that come with the package: models that every command opens by their name. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = join(
  dirname(createRequire(import.meta.url).resolve('latent-vae/package.json')),
  'weights',
  'tokenizers',
);

/** Their names, the default first. Each has a model card of its name in docs/tokenizers. */
export const shippedTokenizers: readonly string[] = readdirSync(folder).sort();

/** What `--model` is where nothing is said. */
export const defaultTokenizer = 'photo-f8';

/** The vanilla VAE that it is contrasted with: as many numbers for a picture of 64 px, in one vector under the full KL term. */
export const shippedBaseline = 'photo-vector';

/** Where a model lies: the folder of a shipped tokenizer for its name, unless there is something of that name here. */
export function modelPathOf(nameOrPath: string): string {
  const isName = shippedTokenizers.includes(nameOrPath) && !existsSync(nameOrPath);
  return isName ? join(folder, nameOrPath) : nameOrPath;
}
