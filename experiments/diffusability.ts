/**
 * `npm run experiments -- diffusability [--photos DIR] [--out DIR] [--threads N]`: the same small diffusion model on the latents of
 * twelve tokenizers that differ in one thing each, and which measure of a tokenizer foretells what it generates. Interrupt it and run
 * it again. OUT/figures.json has every figure, stdout the tables.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { note, print } from '../scripts/cli/output.js';
import { selectEngine } from '../src/engine/select.js';
import { UserError } from '../src/errors.js';
import { writeFileAtomic } from '../src/files.js';
import { type Budget, type Judgement, judgeTokenizer } from './diffusability/judge-tokenizer.js';
import { preparePictures } from './diffusability/prepare-pictures.js';
import { judgementTable, rankTable, seedTable } from './diffusability/tables.js';
import { comparedTokenizers } from './diffusability/tokenizers.js';

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '../shared/images/photos' },
    out: { type: 'string', default: 'runs/diffusability' },
    threads: { type: 'string', default: '0' },
    'tokenizer-steps': { type: 'string', default: '400' },
    'diffusion-steps': { type: 'string', default: '500' },
    samples: { type: 'string', default: '512' },
  },
});
const budget: Budget = {
  tokenizerSteps: Number(values['tokenizer-steps']),
  diffusionSteps: Number(values['diffusion-steps']),
  samples: Number(values.samples),
  threads: Number(values.threads),
};

const pictures = join(values.out, 'pictures');
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: budget.threads });

// Every tokenizer once, then those that claims hang on again.
const mostSeeds = Math.max(...comparedTokenizers.map(({ seeds }) => seeds));
const rounds = Array.from({ length: mostSeeds }, (_, seed) =>
  comparedTokenizers.filter(({ seeds }) => seed < seeds).map((tokenizer) => ({ tokenizer, seed })),
).flat();
const judgements: Judgement[] = [];
try {
  await preparePictures(values.photos, pictures);
  for (const { tokenizer, seed } of rounds) {
    const folder = join(values.out, `seed-${seed}`, tokenizer.name);
    const onStage = (sentence: string) => note(`${tokenizer.name}, seed ${seed}: ${sentence}`);
    judgements.push(
      await judgeTokenizer(pictures, tokenizer, seed, folder, budget, { signal: interrupt.signal, onStage }),
    );
    await writeFileAtomic(join(values.out, 'figures.json'), `${JSON.stringify(judgements, null, 2)}\n`);
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  note(error.message);
  process.exit(interrupt.signal.aborted ? 130 : 1);
}
print(`${judgementTable(judgements)}\n`);
print(`${seedTable(judgements)}\n`);
print(rankTable(judgements));
