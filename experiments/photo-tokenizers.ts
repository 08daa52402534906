/**
 * `npm run experiments -- photo-tokenizers NAME [PHOTOS]`: trains a tokenizer that comes with the package from nothing, by the
 * commands of its recipe, into runs/NAME, and exports it to runs/NAME/tokenizer. Interrupted, the same command goes on.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { note } from '../scripts/cli/output.js';
import { photoTokenizers } from './photo-tokenizers/recipes.js';

const latentVae = fileURLToPath(new URL('../scripts/latent-vae.js', import.meta.url));
const [, , name = '', photos = '../shared/images/photos'] = process.argv;
const stages = photoTokenizers[name];
if (!stages) {
  note(`Got ${name || 'no name'}, wanted one of ${Object.keys(photoTokenizers).join(', ')}.`);
  process.exit(2);
}

const folder = join('runs', name);
let from: readonly string[] = [];
for (const [index, stage] of stages.entries()) {
  const done = join(folder, `stage-${index + 1}`);
  const underWay = `${done}-under-way`;
  if (!existsSync(done)) {
    const isBegun = existsSync(join(underWay, 'checkpoint.safetensors'));
    const how = isBegun ? ['--resume'] : [...from, ...stage];
    await latentVaeCommand('train', photos, '--out', underWay, ...how);
    await rename(underWay, done);
  }
  from = ['--from', done];
}
const last = join(folder, `stage-${stages.length}`);
const latents = join(folder, 'latents');
await latentVaeCommand('encode', photos, '--model', last, '--out', latents, '--size', '256');
const exported = ['--format', 'tokenizer', '--dtype', 'float16', '--name', name, '--latents', latents];
await latentVaeCommand('export', '--model', last, '--out', join(folder, 'tokenizer'), ...exported);

async function latentVaeCommand(...words: readonly string[]): Promise<void> {
  note(`\n$ latent-vae ${words.join(' ')}`);
  const child = spawn(process.execPath, [latentVae, ...words], { stdio: 'inherit' });
  const [code] = await once(child, 'close');
  // Ctrl-C reaches the command as well, which saves; a stage that did not end is no stage.
  if (code !== 0) process.exit(code ?? 1);
}
