/**
 * `npm run experiments -- photo-tokenizers NAME [PHOTOS]`: trains a tokenizer that comes with the package from nothing, by the
 * commands of its recipe, into runs/NAME, and exports it to runs/NAME/tokenizer. Interrupted, the same command goes on.
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { note } from '../scripts/cli/output.js';
import { typeCommand } from '../scripts/cli/typed-command.js';
import { photoTokenizers } from './photo-tokenizers/recipes.js';

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
    await typeCommand('train', photos, '--out', underWay, ...how);
    await rename(underWay, done);
  }
  from = ['--from', done];
}
const last = join(folder, `stage-${stages.length}`);
const latents = join(folder, 'latents');
await typeCommand('encode', photos, '--model', last, '--out', latents, '--size', '256');
const exported = ['--format', 'tokenizer', '--dtype', 'float16', '--name', name, '--latents', latents];
await typeCommand('export', '--model', last, '--out', join(folder, 'tokenizer'), ...exported);
