/**
 * `node dist/experiments/kill-encode.js MODEL PHOTOS [IMAGES] [KILLS] [encode's options…]`: encodes IMAGES of the photographs with the
 * command itself, once undisturbed and once killed with SIGKILL at KILLS random moments, and compares every byte.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { note, printJson } from '../scripts/cli/output.js';
import { findImages } from '../src/data/images.js';
import { verifyLatents } from '../src/latents/reading/verify.js';
import { randomStream } from '../src/random.js';

const [model = '', photos = '', imagesGiven = '700', killsGiven = '30', ...options] = process.argv.slice(2);
const [images, kills] = [Number(imagesGiven), Number(killsGiven)];
const command = fileURLToPath(new URL('../scripts/latent-vae.js', import.meta.url));

/** Runs the encode to its end, or to its death after `killMs`; resolves to whether it came to its end. */
function encode(list: string, out: string, killMs?: number): Promise<boolean> {
  const args = ['encode', list, '--model', model, '--out', out, ...options];
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === 'SIGKILL') resolve(code === 0);
      else reject(new Error(`encode ended with code ${code}: ${errors}`));
    });
  });
}

/** How far the store has come: bytes of latents in shards and in the journal. */
async function latentBytes(store: string): Promise<number> {
  const names = await readdir(store).catch((): string[] => []);
  const parts = names.filter((name) => /\.(safetensors|partial)$/.test(name));
  const contents = await Promise.all(parts.map((name) => readFile(join(store, name)).catch(() => Buffer.alloc(0))));
  return contents.reduce((sum, { length }) => sum + length, 0);
}

/** Names of the files that differ or are in one folder alone, hidden ones too. */
async function differences(one: string, other: string): Promise<string[]> {
  const names = new Set([...(await readdir(one)), ...(await readdir(other))]);
  const isSame = async (name: string) => {
    const read = (folder: string) => readFile(join(folder, name)).catch(() => null);
    const [a, b] = await Promise.all([read(one), read(other)]);
    return a !== null && b !== null && a.equals(b);
  };
  const answers = await Promise.all([...names].map(async (name) => ((await isSame(name)) ? [] : [name])));
  return answers.flat();
}

const folder = await mkdtemp(join(tmpdir(), 'kill-encode-'));
const [list, whole, killed] = [join(folder, 'list.txt'), join(folder, 'whole'), join(folder, 'killed')];
const files = await findImages(photos);
const chosen = Array.from({ length: images }, (_, index) => files[Math.floor((index * files.length) / images)]?.path);
await writeFile(list, chosen.join('\n'));
const workMs = await timed(() => encode(list, whole));
// Everything is done by now, so that this is what it takes to start.
const startMs = await timed(() => encode(list, whole));
note(`undisturbed: ${workMs.toFixed(0)} ms, of which ${startMs.toFixed(0)} ms to start`);

const stream = randomStream('kill-encode', kills);
for (let kill = 1; kill <= kills; kill++) {
  // Some kills find the command still opening the model; the others, together, let it come most of the way.
  const killMs = startMs + (stream.uniform() * 2.2 * workMs) / kills;
  if (await encode(list, killed, killMs)) throw new Error(`encode ended before kill ${kill}: take more images`);
  note(`kill ${kill} after ${killMs.toFixed(0)} ms: ${await latentBytes(killed)} bytes of latents`);
}
await encode(list, killed);
const different = await differences(whole, killed);
printJson({ images, kills, different, problems: await verifyLatents(killed) });
if (different.length > 0) process.exitCode = 1;
await rm(folder, { recursive: true });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
