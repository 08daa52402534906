/**
 * `npm run experiments -- ladder [LADDER.json] [--photos DIR] [--out DIR] [--threads N]`: trains the ladder's models on photographs,
 * measures them on others and writes the page, whose grid shows synthetic pictures: it may be published. Interrupt it and run it again.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { noteLadder, showLadderProgress } from '../scripts/cli/measuring/ladder.js';
import { noteSkipped, print } from '../scripts/cli/output.js';
import { writeSyntheticImages } from '../src/data/synthetic/write.js';
import { defaultLadderPath } from '../src/ladder/default-ladder.js';
import { readLadder } from '../src/ladder/ladder-config.js';
import { trainAndCompareLadder } from '../src/report/ladder/train-and-compare.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    photos: { type: 'string', default: '../shared/images/photos' },
    out: { type: 'string', default: 'runs/ladder' },
    threads: { type: 'string', default: '0' },
  },
});
const [ladderPath = defaultLadderPath] = positionals;
const { photos, out, threads } = values;

const ladder = await readLadder(ladderPath);
noteLadder(ladder);
const pictures = join(out, 'pictures');
// Of a seed that no demo trains on, and larger than needed, so that they are reduced like photographs.
if (!existsSync(pictures)) await writeSyntheticImages(pictures, { images: ladder.pictures, size: 192, seed: 6 });

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
const engine = { engine: 'onnxruntime', device: 'cpu', threads: Number(threads) } as const;
const shown = { pictures, picturesSource: 'synthetic, none of them was trained on' };
const progress = showLadderProgress();
const result = await trainAndCompareLadder(
  photos,
  ladder,
  out,
  { ...engine, ...shown },
  { ...progress, signal: interrupt.signal },
);
progress.stop();
if (result) {
  noteSkipped(result.skipped);
  print(join(out, 'index.html'));
}
