/**
 * Encoding in n parts by n processes of one thread each, against one process of n threads, by turns:
 * npm run bench -- parts [--processes N] [--images N] [--rounds N] [--size PX]. Two rates are told of each side: of the whole
 * command, and while it encodes, without the start of Node and the model.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { note } from '../scripts/cli/output.js';
import { writeSyntheticImages } from '../src/data/synthetic/write.js';
import { benchRow, printRows } from './rows.js';

const program = fileURLToPath(new URL('../scripts/latent-vae.js', import.meta.url));

interface Rates {
  /** ms an image of the whole job, all processes together. */
  readonly jobMs: number;
  readonly encodingMs: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      processes: { type: 'string', default: String(availableParallelism()) },
      images: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '3' },
      size: { type: 'string', default: '128' },
    },
  });
  const [images, size, processes] = [values.images, values.size, values.processes].map(Number) as [
    number,
    number,
    number,
  ];
  const folder = await mkdtemp(join(tmpdir(), 'bench-parts-'));
  try {
    await writeSyntheticImages(join(folder, 'pictures'), { images, size, seed: 0 });
    const encode = (out: string, ...more: string[]) =>
      encodeOnce(['encode', join(folder, 'pictures'), '--out', out, '--size', values.size, ...more]);
    const rounds: Record<'apart' | 'together', Rates>[] = [];
    for (let round = 1; round <= Number(values.rounds); round++) {
      const [inParts, whole] = ['parts', 'whole'].map((name) => join(folder, `${name}-${round}`)) as [string, string];
      const parts = Array.from({ length: processes }, (_, index) => `${index + 1}/${processes}`);
      const apart = await timed(images, () =>
        Promise.all(parts.map((part) => encode(inParts, '--threads', '1', '--part', part))),
      );
      const together = await timed(images, async () => [
        await encode(whole, '--threads', String(processes), '--part', '1/1'),
      ]);
      note(`round ${round}, ms an image: ${JSON.stringify({ apart, together })}`);
      rounds.push({ apart, together });
    }
    const row = (of: keyof Rates, what: string) =>
      benchRow({
        workload: `${images} images of ${size} px in ${processes} parts, a process of one thread each, ms an image ${what}`,
        oursMs: middle(rounds.map(({ apart }) => apart[of])),
        peer: `one process of ${processes} threads`,
        peerMs: middle(rounds.map(({ together }) => together[of])),
        target: 1,
      });
    printRows([row('encodingMs', 'while they encode'), row('jobMs', 'of the whole command')], values.json);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Images a second while it encoded. */
async function encodeOnce(args: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--json', '--quiet']);
  return (JSON.parse(stdout) as { imagesPerSecond: number }).imagesPerSecond;
}

async function timed(images: number, job: () => Promise<number[]>): Promise<Rates> {
  const start = performance.now();
  const rates = await job();
  const jobMs = (performance.now() - start) / images;
  return { jobMs, encodingMs: 1000 / rates.reduce((sum, rate) => sum + rate, 0) };
}

function middle(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
